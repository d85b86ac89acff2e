import { readFileSync } from 'node:fs'

/**
 * Counts the CPU time of a server: of the connections to one database, and of what the server does for everybody
 * (the writers, the checkpointer), in microseconds. Of a server on another machine nothing is known.
 *
 * Its processes are children of one, which is the parent of each connection's.
 */
export function cpuOfServer(connection: number, database: string): (() => number) | undefined {
  try {
    const parent = /\) \S (\d+) /.exec(read(connection, 'stat'))?.[1] ?? ''
    if (read(parent, 'comm').trim() !== 'postgres') return undefined
    const used = new Map<string, number>()
    const foreign = new Set<string>()
    const counted = () => {
      for (const child of childrenOf(parent)) {
        if (!used.has(child) && !foreign.has(child)) {
          const whose = ownerOf(child, database)
          if (whose === 'nobody yet') continue
          if (whose === 'others') foreign.add(child)
        }
        if (!foreign.has(child)) used.set(child, cpuOf(child) ?? used.get(child) ?? 0)
      }
      // also of those that have ended
      return [...used.values()].reduce((sum, each) => sum + each, 0)
    }
    counted()
    return counted
  } catch {
    return undefined
  }
}

function childrenOf(parent: string): readonly string[] {
  return read(parent, `task/${parent}/children`).split(' ').filter(Boolean)
}

// The title of a connection is "postgres: user database host(port) what it does", with the name of the cluster
// before the user where it has one; what works for everybody has no host.
function ownerOf(process: string, database: string): 'us' | 'others' | 'nobody yet' {
  try {
    const [title = ''] = read(process, 'cmdline').split('\0')
    if (!title.startsWith('postgres: ')) return 'nobody yet'
    const connected = /\(\d+\)|\[local\]/.test(title)
    return connected && !title.split(' ').includes(database) ? 'others' : 'us'
  } catch {
    return 'nobody yet' // it has just ended
  }
}

function cpuOf(process: string): number | undefined {
  try {
    // nanoseconds on a processor come first
    return Number(read(process, 'schedstat').split(' ')[0]) / 1000
  } catch {
    return undefined // it has just ended
  }
}

function read(process: string | number, file: string): string {
  return readFileSync(`/proc/${process}/${file}`, 'utf8')
}

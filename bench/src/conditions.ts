import { execFileSync } from 'node:child_process'
import {
  closeSync,
  fdatasyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import type { Pace } from './measure.ts'
import type { ServerConditions } from './postgres-conditions.ts'
import { median } from './median.ts'

/** Under which conditions figures were taken. */
export interface Conditions {
  readonly at: string
  readonly machine: {
    readonly processor: string
    readonly cores: number
    readonly memory: string
    readonly system: string
  }
  readonly disk: {
    readonly folder: string
    readonly fileSystem: string
    /** Milliseconds of a write of 4 kB and its flush, the median of 300. */
    readonly flush: number
  }
  /** What else ran: the load of the last minute. */
  readonly load: number
  readonly node: string
  readonly sqlite: string
  /** Where some questions were asked on it. */
  readonly postgres?: ServerConditions
  /** The commit of Annals; `+` where files were changed since. */
  readonly annals: string
  readonly packages: Readonly<Record<string, string>>
  readonly pace: Pace
}

/** The conditions of this run. */
export function conditions(pace: Pace, folder: string): Conditions {
  return {
    at: new Date().toISOString(),
    machine: {
      processor: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
      system: `${type()} ${release()}`,
    },
    disk: { folder, fileSystem: fileSystemOf(folder), flush: flushLatency(folder) },
    load: loadavg()[0] ?? 0,
    node: process.version,
    sqlite: process.versions['sqlite'] ?? 'unknown',
    annals: commit(),
    packages: { ...dependencies('../package.json'), ...dependencies('../peers/package.json') },
    pace,
  }
}

const fileSystems: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs (flushes nothing)',
  0x794c7630: 'overlayfs',
}

function fileSystemOf(folder: string): string {
  const { type: magic } = statfsSync(folder)
  return fileSystems[magic] ?? `0x${magic.toString(16)}`
}

/** How long a write of 4 kB and its flush take in a folder, in milliseconds. */
export function flushLatency(folder: string): number {
  const path = join(folder, `annals-bench-flush-${process.pid}`)
  const file = openSync(path, 'wx')
  const block = Buffer.alloc(4096, 1)
  const times = Array.from({ length: 300 }, () => {
    const started = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    return performance.now() - started
  })
  closeSync(file)
  rmSync(path)
  return median(times)
}

function commit(): string {
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') ? '+' : '')
  } catch {
    return 'not committed'
  }
}

function git(...args: readonly string[]): string {
  const stdio = ['ignore', 'pipe', 'ignore'] as const
  return execFileSync('git', args, { cwd: import.meta.dirname, stdio: [...stdio] })
    .toString()
    .trim()
}

function dependencies(path: string): Readonly<Record<string, string>> {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8')
  // both files are this folder's own, with exact versions
  return (JSON.parse(text) as { readonly dependencies: Readonly<Record<string, string>> })
    .dependencies
}

import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { masked, type Told } from './shop.ts'

const workspace = resolve(import.meta.dirname, '../../../..')
const bin = resolve(import.meta.dirname, '../../src/cli/bin.ts')

/** A command line that runs in a process of its own. */
export interface Started {
  readonly child: ChildProcess
  /** Waits until it has written so. */
  wrote(text: string): Promise<void>
  /** Waits until it has ended. */
  readonly ended: Promise<Told>
}

/** A new folder with the packages of the workspace, as a user's project has them. */
export interface Folder extends Disposable {
  readonly path: string
  write(name: string, text: string): void
  /** Starts `npx annals` in it. */
  start(...argv: readonly string[]): Started
  /** Runs `npx annals` in it, where what it prints goes into another file. */
  into(file: string, ...argv: readonly string[]): Promise<Told>
  /** Runs `npx annals` in it. */
  annals(...argv: readonly string[]): Promise<Told>
}

/** Makes a folder with some files. */
export function newFolder(files: Readonly<Record<string, string>> = {}): Folder {
  const path = mkdtempSync(join(tmpdir(), 'annals-cli-'))
  symlinkSync(join(workspace, 'node_modules'), join(path, 'node_modules'))
  const write = (name: string, text: string) => writeFileSync(join(path, name), text)
  for (const [name, text] of Object.entries(files)) write(name, text)
  const begin = (...argv: readonly string[]) => started(path, argv, 'pipe')
  return {
    path,
    write,
    start: begin,
    into: async (file, ...argv) => {
      const out = openSync(file, 'w')
      try {
        return await started(path, argv, out).ended
      } finally {
        closeSync(out)
      }
    },
    annals: async (...argv) => begin(...argv).ended,
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  }
}

function started(cwd: string, argv: readonly string[], stdout: 'pipe' | number): Started {
  const child = spawn(process.execPath, ['--conditions=annals-source', bin, ...argv], {
    cwd,
    stdio: ['ignore', stdout, 'pipe'],
  })
  let out = ''
  let err = ''
  const { promise: ended, resolve: end } = Promise.withResolvers<Told>()
  const waiting = new Set<() => void>()
  const look = () => {
    for (const one of waiting) one()
  }
  child.stdout?.on('data', (part: Buffer) => {
    out += part.toString()
    look()
  })
  child.stderr?.on('data', (part: Buffer) => {
    err += part.toString()
  })
  child.on('close', (code) => {
    end({ code: code ?? -1, out: masked(out), err: masked(err) })
  })
  const wrote = async (text: string) => {
    const { promise, resolve: found } = Promise.withResolvers<void>()
    const check = () => {
      if (out.includes(text)) found()
    }
    waiting.add(check)
    check()
    await Promise.race([
      promise,
      ended.then((told) => {
        throw new Error(`it ended, and wrote no ${text}: ${JSON.stringify(told)}`)
      }),
    ])
  }
  return { child, wrote, ended }
}

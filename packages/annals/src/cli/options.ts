import type { App } from 'annals'
import type { Option } from './command.ts'

/** The options of every command. */
export const common: Readonly<Record<'json' | 'help', Option<'flag'>>> & {
  readonly config: Option<'text'>
} = {
  config: {
    kind: 'text',
    value: 'FILE',
    help: 'the file that exports the app: annals.config.ts, .mts, .js or .mjs in this folder',
  },
  json: { kind: 'flag', help: 'a line of JSON for each row, for programs' },
  help: { kind: 'flag', help: 'says how the command is used' },
}

/** Whose streams and documents are meant. */
export const tenant: { readonly tenant: Option<'text'> } = {
  tenant: { kind: 'text', value: 'TENANT', help: 'whose it is, in a program with tenants' },
}

/** Which stored events are meant. */
export const which: typeof tenant & {
  readonly 'every-tenant': Option<'flag'>
} & Readonly<Record<'type' | 'tag', Option<'texts'>>> = {
  ...tenant,
  'every-tenant': { kind: 'flag', help: 'the events of all tenants' },
  type: { kind: 'texts', value: 'TYPE', help: 'only events of this type; may be given again' },
  tag: {
    kind: 'texts',
    value: 'NAME:VALUE',
    help: 'only events with this tag; with all, where several are given',
  },
}

/** The app, acting for a tenant where one is named. */
export function ofTenant(app: App, name: string | undefined): App {
  return name === undefined ? app : app.with({ tenant: name })
}

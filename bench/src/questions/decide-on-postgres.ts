import { annalsDecisions, annalsRegistrar } from '../annals-enrolments.ts'
import { crewOf } from '../crew.ts'
import { dcbRegistrar } from '../dcb-enrolments.ts'
import { onRegistrar, prepare, type Asked, type RegistrarKind } from '../enrolments.ts'
import { inPlace } from '../postgres-server.ts'
import type { Contender, Question, Target } from '../question.ts'
import type { Scale } from '../scale.ts'

const data =
  'Students are enrolled on courses: each event has two tags, of 20,014 courses and 30,026 students, and no two callers ' +
  'have one in common at the same time.'

const common = {
  unit: 'decisions/s',
  latency: true,
  onServer: true,
  targets: [{ contender: 'Annals', against: dcbRegistrar.name, atLeast: 3 }],
} as const

/** Appends that go through only while nothing has come that they had not seen. */
export function decideOnPostgres(scale: Scale): readonly Question[] {
  return [decisions(scale), ...conditional(scale), flat(scale)]
}

function decisions({ few }: Scale): Question {
  return {
    ...common,
    title: 'Decide on PostgreSQL, two tags, 16 callers',
    about:
      `Reads what there is of a course and of a student, among ${inWords(few)} events and those that come, and appends ` +
      `under the condition that neither has got another. ${data} At the port Annals asks for the settled position, reads ` +
      'and appends; a decision of the library folds both and checks by zod. dcb-es reads by a query and appends by its ' +
      'position.',
    callers: 16,
    baseline: dcbRegistrar.name,
    contenders: [annalsRegistrar, annalsDecisions, dcbRegistrar].map((kind) =>
      onRegistrar(kind, 'decide', few),
    ),
  }
}

function conditional({ few }: Scale): readonly Question[] {
  const kinds = [annalsRegistrar, dcbRegistrar]
  return [
    {
      ...common,
      title: 'Conditional append on PostgreSQL, two tags, 16 callers',
      about:
        'The append alone, without a read: it goes through while nothing with both tags has come since the contender ' +
        `began. ${data}`,
      callers: 16,
      baseline: dcbRegistrar.name,
      contenders: kinds.map((kind) => onRegistrar(kind, 'nothing', few)),
    },
    {
      ...common,
      title: 'Conditional append on PostgreSQL, two tags, 2 processes of 64 callers',
      about: `The same from two processes. ${data}`,
      callers: 64,
      baseline: dcbRegistrar.name,
      contenders: kinds.map((kind) => inProcesses(kind, 'nothing', few)),
    },
  ]
}

/** What an append under a condition costs, by how much is stored and how far it looks back. */
function flat(scale: Scale): Question {
  const [few, many] = [inWords(scale.few), inWords(scale.many)]
  const baseline = among(few, 'nothing')
  const rows = [
    [few, scale.few, 'nothing'],
    [few, scale.few, 'everything'],
    [many, scale.many, 'nothing'],
    [many, scale.many, 'everything'],
  ] as const
  const contenders = rows.map(([events, stored, asked]) => ({
    ...onRegistrar(annalsRegistrar, asked, stored),
    name: among(events, asked),
  }))
  return {
    ...common,
    title: `Conditional append on PostgreSQL, ${few} and ${many} events`,
    about:
      `Annals at its port, 16 callers. An append goes through while there is no event with both tags: since the contender ` +
      `began, or since ever. ${data}`,
    callers: 16,
    baseline,
    contenders,
    targets: contenders
      .filter((each) => each.name !== baseline)
      .map((each): Target => ({ contender: each.name, against: baseline, atLeast: 0.9 })),
  }
}

function inWords(events: number): string {
  return events.toLocaleString('en')
}

function among(events: string, asked: Asked): string {
  return `${events} events, looking back over ${asked}`
}

const processes = 2

function inProcesses(kind: RegistrarKind, does: Asked, stored: number): Contender {
  const { name, missing } = kind
  return {
    name,
    ...(missing !== undefined && { missing }),
    open: () =>
      inPlace(async (place) => {
        await prepare(kind, place, stored)
        const { schema, url } = place
        return crewOf(
          Array.from({ length: processes }, (_, index) => ({
            does,
            where: { schema, url },
            registrar: name,
            first: stored + 1 + index,
            each: processes,
          })),
        )
      }),
  }
}

import { startChild } from './child.ts'
import type { Task } from './crew-member.ts'
import type { Crew } from './question.ts'
import type { Work } from './work.ts'

const member = new URL('./crew-member.ts', import.meta.url)

/** Processes that work at the same time, each with as many callers as a shift has. */
export async function crewOf(tasks: readonly Task[]): Promise<Crew> {
  const members = await Promise.all(tasks.map((task) => startChild(member, task)))
  return {
    work: async (shift) => {
      const done = await Promise.all(members.map((each) => each.ask(shift)))
      // a member answers a shift with its work
      return together(done as readonly Work[])
    },
    close: async () => {
      await Promise.all(members.map((each) => each.stop()))
    },
  }
}

function together(all: readonly Work[]): Work {
  const sum = (figure: (work: Work) => number) =>
    all.reduce((total, each) => total + figure(each), 0)
  const failure = all.find((each) => each.failure !== undefined)?.failure
  return {
    rate: sum(({ rate }) => rate),
    operations: sum(({ operations }) => operations),
    failures: sum(({ failures }) => failures),
    ...(failure !== undefined && { failure }),
    cpu: sum(({ cpu }) => cpu),
    latencies: all.flatMap(({ latencies = [] }) => latencies),
  }
}

import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with one plain line, "12 passed, 0 failed", for machines that read the output. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tally = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) tally[test.result().state]++
      // A file that cannot be loaded, or a hook that throws, fails without a failed test.
      if (module.state() === 'failed' && module.errors().length > 0) tally.failed++
    }
    const skipped = tally.skipped + tally.pending
    const tail = skipped > 0 ? `, ${skipped} skipped` : ''
    console.log(`${tally.passed} passed, ${tally.failed} failed${tail}`)
  }
}

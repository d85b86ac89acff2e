/**
 * Lets those who ask the same at the same time share an answer: one asking is on its way at a time, and who comes
 * meanwhile shares the next, so that no answer is from before the question.
 */
export function shared<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let running: Promise<Answer> | undefined
  let next: Promise<Answer> | undefined
  const start = () => {
    const asking = ask().finally(() => {
      if (running === asking) running = undefined
    })
    running = asking
    return asking
  }
  return () => {
    if (!running) return start()
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return start()
      })
    return next
  }
}

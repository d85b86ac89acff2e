/** Lets one who waits be called, at once or at a time. */
export class Bell {
  #ring: (() => void) | undefined
  #rung = false
  readonly #timers = new Set<ReturnType<typeof setTimeout>>()

  /** Calls who waits, or who waits next. */
  ring(): void {
    this.#rung = true
    this.#ring?.()
  }

  /** Rings in so many milliseconds. */
  ringIn(milliseconds: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.ring()
    }, milliseconds)
    this.#timers.add(timer)
  }

  /** Waits until it rings; at once where it rang since the last wait. */
  async rung(): Promise<void> {
    if (!this.#rung)
      await new Promise<void>((resolve) => {
        this.#ring = resolve
      })
    this.#rung = false
    this.#ring = undefined
  }

  /** Waits until it rings, or for so many milliseconds. */
  async rungWithin(milliseconds: number): Promise<void> {
    const timer = setTimeout(() => this.ring(), milliseconds)
    await this.rung()
    clearTimeout(timer)
  }

  /** Rings no more by itself. */
  silence(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers.clear()
  }
}

// Who wants to know of something is told until his signal is aborted: views have one that ends with them.

/** @template T */
export class Emitter {
  /** @type {Set<(value: T) => void>} */
  #listeners = new Set()

  /**
   * @param {(value: T) => void} listener
   * @param {AbortSignal} [signal]
   */
  listen(listener, signal) {
    if (signal?.aborted) return
    this.#listeners.add(listener)
    signal?.addEventListener('abort', () => this.#listeners.delete(listener), { once: true })
  }

  /** @param {T} [value] */
  emit(value) {
    for (const listener of [...this.#listeners]) listener(/** @type {T} */ (value))
  }
}

/** @type {Set<() => void>} */
let waiting = new Set()
let isAsked = false

/**
 * Calls once before the next picture is drawn, however often it was asked for; while the page is hidden not at all
 * until it is seen again.
 * @param {() => void} work always the same function for the same work
 */
export function beforeNextFrame(work) {
  waiting.add(work)
  if (isAsked) return
  isAsked = true
  requestAnimationFrame(() => {
    const now = waiting
    waiting = new Set()
    isAsked = false
    for (const work of now) work()
  })
}

/**
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    signal?.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason) }, { once: true })
  })
}

/**
 * Calls again and again while the page is seen, until the signal is aborted.
 * @param {number} milliseconds
 * @param {() => void} work
 * @param {AbortSignal} [signal]
 */
export function every(milliseconds, work, signal) {
  const timer = setInterval(() => { if (!document.hidden) work() }, milliseconds)
  signal?.addEventListener('abort', () => clearInterval(timer), { once: true })
}

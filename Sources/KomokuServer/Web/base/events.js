// Who wants to know of something is told until his signal is aborted: views have one that ends with them.

/** @type {WeakMap<AbortSignal, Set<() => void>>} */
const ends = new WeakMap()

/**
 * Calls when a signal is aborted. A browser looks through all listeners of a signal for each that is added or goes: of thousands in a
 * large house that takes seconds, so that each signal has one for all.
 * @param {AbortSignal} signal
 * @param {() => void} work
 * @returns {() => void} takes it back
 */
export function atEnd(signal, work) {
  const all = ends.get(signal) ?? new Set()
  if (!ends.has(signal)) {
    ends.set(signal, all)
    signal.addEventListener('abort', () => { for (const each of all) each() }, { once: true })
  }
  all.add(work)
  return () => all.delete(work)
}

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
    if (signal) atEnd(signal, () => this.#listeners.delete(listener))
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
  if (signal) atEnd(signal, () => clearInterval(timer))
}

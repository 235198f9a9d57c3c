// Wheel, drag, pinch and pan over a time axis.

/**
 * @typedef {object} Axis
 * @property {() => { left: number, right: number }} area in pixels of the element
 * @property {() => { since: number, until: number }} view
 * @property {(since: number, until: number) => void} set
 * @property {(time: number | null) => void} point what the pointer is at
 * @property {(from: number | null, to: number) => void} select pixels of the area that is being chosen; null: none
 */

/**
 * @param {HTMLElement} element
 * @param {Axis} axis
 * @param {AbortSignal} signal
 */
export function gestures(element, axis, signal) {
  /** @type {Map<number, number>} */
  const pointers = new Map()
  /** @type {'pan' | 'select' | 'pinch' | null} */
  let doing = null
  let [start, last, lastTime, speed, isMoved, glide] = [0, 0, 0, 0, false, 0]
  /** @type {{ times: number[], view: { since: number, until: number } } | null} */
  let pinch = null

  /** @param {{ clientX: number }} event */
  const place = (event) => event.clientX - element.getBoundingClientRect().left
  const scale = () => { const { left, right } = axis.area(); const { since, until } = axis.view(); return { left, right, since,
    perPixel: (until - since) / (right - left) } }
  /** @param {number} x */
  const time = (x) => { const { left, since, perPixel } = scale(); return since + (x - left) * perPixel }
  /** @param {number} pixels */
  const pan = (pixels) => { const { since, until } = axis.view(); const by = -pixels * scale().perPixel; axis.set(since + by, until + by) }
  const stop = () => { cancelAnimationFrame(glide); glide = 0 }
  const beginPinch = () => { doing = 'pinch'; axis.select(null, 0); pinch = { times: [...pointers.values()].map(time), view: axis.view() } }

  /** @param {string} name @param {(event: any) => void} listener @param {AddEventListenerOptions} [options] */
  const on = (name, listener, options) => element.addEventListener(name, listener, { signal, ...options })

  on('wheel', (event) => {
    // The page scrolls, unless somebody means the graph.
    if (!event.ctrlKey && !element.contains(document.activeElement)) return
    event.preventDefault()
    stop()
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) return pan(-(event.deltaX || event.deltaY))
    const { since, until } = axis.view()
    const [centre, factor] = [time(place(event)), Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300)))]
    axis.set(centre - (centre - since) * factor, centre + (until - centre) * factor)
  }, { passive: false })

  on('pointerdown', (event) => {
    if (event.button > 1 || event.target.closest('a, button')) return
    stop()
    const { left, right } = axis.area()
    start = last = place(event)
    if (start < left - 8 || start > right + 8) return
    pointers.set(event.pointerId, start)
    if (event.pointerType === 'mouse') element.setPointerCapture(event.pointerId)
    ;[lastTime, speed, isMoved] = [event.timeStamp, 0, false]
    if (pointers.size === 2) return beginPinch()
    doing = event.pointerType === 'mouse' && !event.shiftKey && event.button === 0 ? 'select' : 'pan'
  })

  on('pointermove', (event) => {
    const x = place(event)
    if (!pointers.has(event.pointerId)) { if (event.pointerType === 'mouse') axis.point(time(x)); return }
    pointers.set(event.pointerId, x)
    if (doing === 'pinch' && pinch && pointers.size === 2) return spread()
    if (Math.abs(x - start) > 4) isMoved = true
    if (!isMoved) return
    if (doing === 'select') { const { left, right } = axis.area(); axis.select(Math.max(left, Math.min(start, x)), Math.min(right,
      Math.max(start, x))) }
    if (doing === 'pan') {
      pan(x - last)
      speed = 0.7 * speed + 0.3 * (x - last) / Math.max(1, event.timeStamp - lastTime)
      ;[last, lastTime] = [x, event.timeStamp]
    }
  })

  // Both fingers stay on the times that they were put on.
  function spread() {
    const [a, b] = [...pointers.values()]
    const { times: [from, to], view } = /** @type {NonNullable<typeof pinch>} */ (pinch)
    if (Math.abs(b - a) < 8) return
    const { left, right } = axis.area()
    const perPixel = Math.abs((to - from) / (b - a)) || (view.until - view.since) / (right - left)
    const since = from - (a - left) * perPixel
    axis.set(since, since + (right - left) * perPixel)
  }

  /** @param {PointerEvent} event */
  function end(event) {
    if (!pointers.delete(event.pointerId)) return
    const x = place(event)
    if (doing === 'pinch') { doing = null; pointers.clear(); return }
    if (doing === 'select') {
      axis.select(null, 0)
      const [from, to] = [time(Math.min(start, x)), time(Math.max(start, x))]
      if (isMoved && event.type === 'pointerup') axis.set(from, to)
    }
    if (!isMoved && event.type === 'pointerup') axis.point(time(x))
    if (doing === 'pan' && isMoved && event.timeStamp - lastTime < 60 && !matchMedia('(prefers-reduced-motion: reduce)').matches) slide(speed)
    doing = null
  }
  on('pointerup', end)
  on('pointercancel', end)
  on('pointerleave', (event) => { if (event.pointerType === 'mouse' && !pointers.size) axis.point(null) })
  on('dblclick', (event) => { const { since, until } = axis.view(); const centre = time(place(event)); axis.set(centre - (until - since),
    centre + (until - since)) })
  signal.addEventListener('abort', stop, { once: true })

  /** @param {number} speed pixels a millisecond */
  function slide(speed) {
    let before = performance.now()
    const move = () => {
      const now = performance.now()
      const length = Math.min(50, now - before)
      before = now
      pan(speed * length)
      speed *= Math.exp(-length / 250)
      glide = Math.abs(speed) > 0.02 ? requestAnimationFrame(move) : 0
    }
    glide = requestAnimationFrame(move)
  }
}

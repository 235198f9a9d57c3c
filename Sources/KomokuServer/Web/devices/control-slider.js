// A slider for fingers: a swipe that goes up or down belongs to the page, and nothing jumps before it is clear that one drags.

import { h, change, setText } from '../base/dom.js'

/** How far a finger goes before it is known whether it drags or scrolls, in pixels. */
const threshold = 8
/** How long what a hand chose stays whatever is reported meanwhile: until the last value was sent. */
const hold = 300

/**
 * @typedef {object} Options
 * @property {string} label
 * @property {number} min
 * @property {number} max
 * @property {number} [step]
 * @property {(value: number) => string} text what the value is called
 * @property {(value: number) => void} send called with each value; it may leave some out but never the last
 * @property {string} [track] a class that colours the track
 */

/**
 * @param {Options} options
 * @returns {{ element: HTMLElement, show: (value: any) => void }}
 */
export function slider({ label, min, max, step = max - min > 20 ? 1 : (max - min) / 100, text, send, track = '' }) {
  const line = h('span', { class: `slider-track ${track}` }, h('span', { class: 'slider-fill' }), h('span', { class: 'slider-rail' }, h('span', { class: 'slider-thumb' })))
  const said = h('span', { class: 'slider-text number', 'aria-hidden': 'true' })
  const element = h('div', { class: 'slider', role: 'slider', tabindex: 0, 'aria-label': label, 'aria-valuemin': min, 'aria-valuemax': max }, line, said)
  /** @type {number | null} */
  let current = null
  /** @type {any} */
  let latest = null
  let isHeld = false
  /** @type {number | undefined} */
  let timer
  const paint = (/** @type {any} */ value) => {
    current = typeof value === 'number' ? value : null
    const share = current === null ? 0 : Math.min(1, Math.max(0, (current - min) / (max - min)))
    line.style.setProperty('--share', share)
    const words = current === null ? '–' : text(current)
    setText(said, words)
    element.classList.toggle('is-unknown', current === null)
    change(element, { 'aria-valuenow': current ?? min, 'aria-valuetext': words })
  }
  const choose = (/** @type {number} */ value) => {
    const snapped = Number(Math.min(max, Math.max(min, min + Math.round((value - min) / step) * step)).toFixed(6))
    if (snapped === current) return
    paint(snapped)
    send(snapped)
  }
  const release = () => {
    clearTimeout(timer)
    timer = setTimeout(() => { isHeld = false; paint(latest) }, hold)
  }
  const grip = { take: () => { clearTimeout(timer); isHeld = true }, release, drop: () => { isHeld = false; paint(latest) } }
  listenToPointer(element, line, (share) => choose(min + share * (max - min)), grip)
  element.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const value = keyed(event.key, current ?? min, { min, max, step })
    if (value === null) return
    event.preventDefault()
    grip.take()
    choose(value)
    release()
  })
  return { element, show: (value) => { latest = value; if (!isHeld) paint(value) } }
}

/** @param {string} key @param {number} value @param {{ min: number, max: number, step: number }} range */
function keyed(key, value, { min, max, step }) {
  const small = Math.max(step, Math.round((max - min) / 50 / step) * step)
  const large = Math.max(step, (max - min) / 10)
  switch (key) {
    case 'ArrowRight': case 'ArrowUp': return value + small
    case 'ArrowLeft': case 'ArrowDown': return value - small
    case 'PageUp': return value + large
    case 'PageDown': return value - large
    case 'Home': return min
    case 'End': return max
  }
  return null
}

/**
 * @param {HTMLElement} element
 * @param {HTMLElement} line
 * @param {(share: number) => void} choose
 * @param {{ take: () => void, release: () => void, drop: () => void }} grip
 */
function listenToPointer(element, line, choose, grip) {
  /** @type {{ id: number, x: number, y: number, is: 'open' | 'drag' | 'scroll' } | null} */
  let gesture = null
  const at = (/** @type {PointerEvent} */ event) => {
    const { left, width } = line.getBoundingClientRect()
    choose(Math.min(1, Math.max(0, (event.clientX - left) / width)))
  }
  const drag = (/** @type {PointerEvent} */ event) => {
    if (gesture) gesture.is = 'drag'
    element.setPointerCapture(event.pointerId)
    grip.take()
    at(event)
  }
  element.addEventListener('pointerdown', (event) => {
    if (gesture || event.button !== 0) return
    gesture = { id: event.pointerId, x: event.clientX, y: event.clientY, is: 'open' }
    // A mouse scrolls with its wheel: its button is meant.
    if (event.pointerType === 'mouse') drag(event)
  })
  element.addEventListener('pointermove', (event) => {
    if (gesture?.id !== event.pointerId || gesture.is === 'scroll') return
    if (gesture.is === 'drag') return at(event)
    const [x, y] = [Math.abs(event.clientX - gesture.x), Math.abs(event.clientY - gesture.y)]
    if (y > threshold && y >= x) gesture.is = 'scroll'
    else if (x > threshold) drag(event)
  })
  element.addEventListener('pointerup', (event) => {
    if (gesture?.id !== event.pointerId) return
    // A tap that went nowhere chooses where it was.
    if (gesture.is === 'open') { grip.take(); at(event) }
    if (gesture.is !== 'scroll') grip.release()
    gesture = null
  })
  element.addEventListener('pointercancel', (event) => {
    if (gesture?.id !== event.pointerId) return
    if (gesture.is === 'drag') grip.release()
    gesture = null
  })
}

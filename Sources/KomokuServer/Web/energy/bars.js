// Bars beside each other, in parts: above the line what came in, below it what went out. One goes along them with the arrow keys.

import { h, s, setText } from '../base/dom.js'
import { number } from '../base/format.js'

/**
 * @typedef {object} Bar
 * @property {string} label under it
 * @property {string} text all of it, as a sentence
 * @property {{ series: string, amount: number }[]} parts
 * @property {number | null} [before] how high the one before it was
 */

/**
 * Steps that people count in: 1, 2, 5, 10, …
 * @param {number} lowest
 * @param {number} highest
 */
export function ticks(lowest, highest) {
  const size = Math.max(highest - lowest, 1e-6) / 4
  const power = 10 ** Math.floor(Math.log10(size))
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= size) ?? size
  const [from, to] = [Math.floor(lowest / step + 1e-9), Math.ceil(highest / step - 1e-9)]
  return Array.from({ length: to - from + 1 }, (_, index) => (from + index) * step)
}

/**
 * @param {Bar[]} bars
 * @param {string} name of the picture
 */
export function drawBars(bars, name) {
  const sum = (/** @type {Bar} */ bar, /** @type {number} */ sign) => bar.parts.reduce((all,
    each) => all + (each.amount * sign > 0 ? each.amount : 0), 0)
  const scale = ticks(Math.min(0, ...bars.map((bar) => sum(bar, -1))),
    Math.max(1e-3, ...bars.flatMap((bar) => [sum(bar, 1), bar.before ?? 0])))
  const [low, high] = [scale[0], scale[scale.length - 1]]
  const y = (/** @type {number} */ amount) => ((high - amount) / (high - low)) * 100
  const said = h('p', { class: 'said number' })
  const groups = bars.map((bar, index) => drawBar(bar, index, bars.length, y))
  const say = (/** @type {number} */ index) => setText(said, bars[index].text)
  const plot = s('svg', { class: 'bars', role: 'group', 'aria-label': name },
    scale.map((each) => s('line', { class: each === 0 ? 'zero' : 'line', x1: 0, x2: '100%', y1: `${y(each)}%`, y2: `${y(each)}%` })),
    groups)
  walk(groups, say)
  const levels = scale.map((each) => { const text = h('span', { class: 'number' },
    number(each)); text.style.top = `${y(each)}%`; return text })
  // As many labels as can be read.
  const every = Math.ceil(bars.length / 16)
  const below = h('div', { class: `bar-labels ${bars.some((bar) => bar.label.length > 4) ? 'is-wide' : ''}`, 'aria-hidden': 'true' },
    bars.map((bar, index) => h('span', null, index % every ? '' : h('i', null, bar.label))))
  return h('div', { class: 'bar-chart' }, h('div', { class: 'bar-levels small quiet', 'aria-hidden': 'true' }, levels), plot, below, said)
}

/** @param {Bar} bar @param {number} index @param {number} count @param {(amount: number) => number} y in per cent */
function drawBar(bar, index, count, y) {
  const wide = 100 / count
  const [x, width] = [`${(index + 0.12) * wide}%`, `${wide * 0.76}%`]
  let [up, down] = [0, 0]
  const parts = bar.parts.filter((each) => each.amount).map(({ series, amount }) => {
    const from = amount > 0 ? up : down
    if (amount > 0) up += amount
    else down += amount
    const [top, bottom] = [y(Math.max(from, from + amount)), y(Math.min(from, from + amount))]
    return s('rect', { class: `part is-${series}`, x, width, y: `${top}%`, height: `${bottom - top}%` })
  })
  return s('g', { class: 'bar', role: 'img', 'aria-label': bar.text, tabindex: -1 },
    s('rect', { class: 'hit', x: `${index * wide}%`, width: `${wide}%`, y: 0, height: '100%' }), parts,
    bar.before ? s('line', { class: 'before', x1: `${(index + 0.02) * wide}%`, x2: `${(index + 0.98) * wide}%`, y1: `${y(bar.before)}%`,
      y2: `${y(bar.before)}%` }) : null)
}

/** @param {SVGElement[]} groups one of them is reached by Tab, the others by arrows @param {(index: number) => void} say */
function walk(groups, say) {
  // The newest is what one wants to know first.
  let current = groups.length - 1
  while (current > 0 && !groups[current].querySelector('.part')) current--
  const enter = (/** @type {number} */ index) => {
    groups[current]?.setAttribute('tabindex', '-1')
    current = Math.min(groups.length - 1, Math.max(0, index))
    groups[current].setAttribute('tabindex', '0')
  }
  for (const [index, group] of groups.entries()) {
    group.addEventListener('focus', () => { enter(index); say(index) })
    group.addEventListener('pointerenter', () => say(index))
    group.addEventListener('pointerdown', () => say(index))
    group.addEventListener('keydown', (event) => {
      const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0,
        End: groups.length - 1 }[/** @type {KeyboardEvent} */ (event).key]
      if (to === undefined) return
      event.preventDefault()
      enter(to)
      groups[current].focus()
    })
  }
  if (!groups.length) return
  enter(current)
  say(current)
}

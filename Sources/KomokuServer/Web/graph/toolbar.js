// Under each graph's heading: ranges, dates, steps, and what is seldom wanted behind one button.

import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { zone } from '../base/format.js'
import { t } from '../base/words.js'
import { instant, later, local } from './ticks.js'

/** @typedef {import('./graph.js').Graph} Graph */

/** @type {[string, import('./ticks.js').Step][]} */
const ranges = [['hour', { unit: 'hour', count: 1 }], ['hours', { unit: 'hour', count: 6 }], ['day', { unit: 'day', count: 1 }], ['week',
  { unit: 'week', count: 1 }], ['month', { unit: 'month', count: 1 }], ['year', { unit: 'year', count: 1 }]]

/** @param {Graph} graph */
export function toolbar(graph) {
  /** @param {import('./ticks.js').Step} step */
  const choose = (step) => {
    const { since, until, live } = graph.view
    // What is in the middle stays there.
    const end = live ? until : (since + until + (later(until, step, 1, zone) - until)) / 2
    graph.set(later(end, step, -1, zone), end, live || undefined)
  }
  const more = h('div', { class: 'graph-more', hidden: true })
  return h('div', { class: 'graph-tools', role: 'group', 'aria-label': t('graph.range') },
    h('div', { class: 'choice' }, ranges.map(([name, step]) => h('button', { 'aria-label': t(`graph.${name}.long`),
      onclick: () => choose(step) }, t(`graph.${name}`)))),
    h('div', { class: 'choice' },
      h('button', { 'aria-label': t('graph.back'), onclick: () => graph.step(-1) }, icon('left')),
      h('button', { 'aria-label': t('graph.forward'), onclick: () => graph.step(1) }, icon('right')),
      h('button', { onclick: () => graph.set(graph.view.since - graph.view.until, 0, true) }, t('graph.now')),
      h('button', { 'aria-expanded': 'false', onclick: async (/** @type {Event} */ event) => {
        const button = /** @type {HTMLElement} */ (event.currentTarget)
        more.hidden = !more.hidden
        button.setAttribute('aria-expanded', String(!more.hidden))
        if (!more.hidden) { const { showTools } = await import('./tools.js'); showTools(more, graph) }
      } }, t('nav.more'), icon('down'))), more)
}

/**
 * Says which of the ranges is shown.
 * @param {HTMLElement} tools
 * @param {{ since: number, until: number }} view
 */
export function markRange(tools, { since, until }) {
  for (const [index, [, step]] of ranges.entries()) {
    const isShown = String(Math.abs(later(until, step, -1, zone) - since) < 2)
    const button = /** @type {Element} */ (tools.firstElementChild?.children[index])
    if (button.getAttribute('aria-pressed') !== isShown) button.setAttribute('aria-pressed', isShown)
  }
}

/**
 * Two moments to type, in the zone of the hub.
 * @param {Graph} graph
 */
export function dates(graph) {
  /** @param {string} label @param {number} time */
  const field = (label, time) => {
    const input = h('input', { type: 'datetime-local', value: local(Math.round(time / 60) * 60, zone).toISOString().slice(0, 16), required: true })
    return { input, element: h('label', null, label, input) }
  }
  const [from, to] = [field(t('graph.from'), graph.view.since), field(t('graph.to'), graph.view.until)]
  return h('form', { class: 'row', onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault()
    const [since, until] = [from, to].map(({ input }) => instant(Date.parse(`${input.value}Z`), zone))
    to.input.setCustomValidity(until > since ? '' : t('graph.order'))
    if (to.input.reportValidity()) graph.set(since, until)
  }, onchange: () => to.input.setCustomValidity('') }, from.element, to.element, h('button', { class: 'plain' }, t('graph.show')))
}

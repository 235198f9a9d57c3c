// All rules: what needs a look on top, then what waits, then the others.

import { h, replace, setText } from '../base/dom.js'
import { every } from '../base/events.js'
import { icon } from '../base/icons.js'
import { keepInAddress, link } from '../base/router.js'
import { t } from '../base/words.js'
import { session } from '../hub/api.js'
import { ask } from '../hub/connection.js'
import { followRuns } from './following.js'
import { lastAndNext, ruleButtons, ruleState, stateTag, timeLeft, triggerWords } from './acting.js'
import { loadFiles } from './source.js'
import { keyName, own, ruleLink } from './sentences.js'

/** @typedef {import('./acting.js').Rule} Rule */

const ranks = ['failed', 'paused', 'limited', 'standing', 'pending', 'enabled', 'disabled']
const filters = { all: null, attention: ['failed', 'paused', 'limited'], waiting: ['standing', 'pending'], enabled: ['enabled', 'standing', 'pending', 'failed', 'limited'], disabled: ['disabled'] }

/**
 * Every rule, and those whose newest run failed.
 * @returns {Promise<{ rules: Rule[], failed: Set<string> }>}
 */
async function loadRules() {
  const status = ask('status').catch(() => null)
  const rules = []
  for (let after; ;) {
    /** @type {any} */
    const page = await ask('rules', { after })
    rules.push(...page.rules)
    if (!(after = page.next)) break
  }
  return { rules, failed: new Set(((await status)?.rules?.failed ?? []).map((/** @type {any} */ each) => each.rule)) }
}

/** A line of the list; its elements stay, so that focus does. */
class Row {
  /** @param {string} name @param {() => void} changed */
  constructor(name, changed) {
    this.state = ''
    this.words = this.shown = ''
    this.text = ''
    this.buttons = ruleButtons(name, changed)
    this.tag = h('span')
    this.about = h('div', { class: 'small quiet' })
    this.times = h('div', { class: 'small number' })
    /** @type {{ due: number, element: HTMLElement, key?: string }[]} */
    this.holds = []
    this.element = h('li', { class: 'card rule-row' }, h('div', { class: 'rule-name' }, h('h2', null, ruleLink(name)), this.tag), this.about, this.times, this.buttons.element)
  }

  /** @param {Rule} rule @param {Set<string>} failed */
  update(rule, failed) {
    const state = ruleState(rule, failed)
    if (state !== this.state) replace(this.tag, stateTag(state))
    this.state = state
    this.text = `${rule.rule} ${rule.description ?? ''} ${rule.triggers.join(' ')}`.toLowerCase()
    const words = JSON.stringify([rule.description, rule.triggers, rule.reason, rule.script])
    if (words !== this.words) {
      this.words = words
      replace(this.about, rule.reason && h('p', { class: 'field-error' }, own(rule.reason)), rule.description && h('p', null, own(rule.description)),
        rule.script ? t('rule.script') : rule.triggers.slice(0, 3).map((/** @type {string} */ each) => h('p', null, triggerWords(each))))
    }
    const times = JSON.stringify([lastAndNext(rule), rule.pending, rule.standing])
    if (times !== this.shown) this.#drawTimes(rule)
    this.shown = times
    this.buttons.update(rule)
  }

  /** @param {Rule} rule */
  #drawTimes(rule) {
    this.holds = (rule.pending ?? []).slice(0, 3).map((/** @type {any} */ each) => ({ due: each.due, element: h('b', { class: 'number left' }, timeLeft(each.due)), key: each.key }))
    replace(this.times, h('p', null, lastAndNext(rule)), this.holds.map((each) => h('p', null, icon('clock'), ' ', own(keyName(each.key ?? '')), ' ', t('rule.due'), ' ', each.element)),
      rule.standing > 0 && h('p', null, t('rule.runs.standing', { count: rule.standing })))
  }

  count() { for (const { due, element } of this.holds) setText(element, timeLeft(due)) }
}

/**
 * Brings rows into this order; what stands right is not touched, and who has the focus keeps it.
 * @param {HTMLElement} list @param {HTMLElement[]} wanted
 */
function arrange(list, wanted) {
  const focused = document.activeElement
  const isIn = new Set(wanted)
  for (const each of [...list.children]) if (!isIn.has(/** @type {HTMLElement} */ (each))) each.remove()
  for (const [index, each] of wanted.entries()) if (list.children[index] !== each) list.insertBefore(each, list.children[index] ?? null)
  if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true })
}

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, place) {
  place.title(t('rules.title'))
  const search = h('input', { type: 'search', 'aria-label': t('rules.search'), placeholder: t('rules.search'), value: place.query.get('q') ?? '', oninput: () => draw() })
  const filter = h('select', { 'aria-label': t('rules.filter'), onchange: () => draw() }, Object.keys(filters).map((each) => h('option', { value: each, selected: each === (place.query.get('show') ?? 'all') }, t(`rules.show.${each}`))))
  const list = h('ul', { class: 'bare stack' })
  const note = h('p', { class: 'quiet', role: 'status' })
  const files = h('section')
  main.append(h('div', { class: 'row is-apart' }, h('h1', null, t('rules.title')),
    session?.admin && h('a', { class: 'button', href: link('/editor', { new: 1 }) }, icon('plus'), t('rules.new'))),
    h('div', { class: 'row tools' }, search, filter), note, list, files)
  /** @type {Map<string, Row>} */
  const rows = new Map()
  const draw = () => {
    const wanted = search.value.trim().toLowerCase()
    const states = /** @type {any} */ (filters)[filter.value]
    const shown = [...rows.values()].filter((row) => row.text.includes(wanted) && (!states || states.includes(row.state)))
    arrange(list, shown.sort((one, other) => ranks.indexOf(one.state) - ranks.indexOf(other.state)).map((row) => row.element))
    setText(note, shown.length ? t('rules.count', { count: shown.length }) : rows.size ? t('rules.nothing')
      : t(session?.admin ? 'rules.none' : 'rules.none.seen'))
    keepInAddress({ q: wanted || null, show: filter.value === 'all' ? null : filter.value })
  }
  /** @type {() => Promise<void>} */
  const load = async () => {
    const { rules, failed } = await loadRules()
    if (place.signal.aborted) return
    const names = new Set(rules.map((each) => each.rule))
    for (const name of [...rows.keys()]) if (!names.has(name)) rows.delete(name)
    for (const rule of rules) {
      const row = rows.get(rule.rule) ?? new Row(rule.rule, again)
      rows.set(rule.rule, row)
      row.update(rule, failed)
    }
    draw()
  }
  const again = soon(() => load().catch(() => {}), place.signal)
  followRuns(again, place.signal)
  every(1000, () => { for (const row of rows.values()) row.count() }, place.signal)
  every(10_000, again, place.signal)
  await load()
  const folder = await loadFiles()
  if (folder.files.length) replace(files, h('h2', null, t('rules.files')), h('ul', { class: 'bare row' }, folder.files.map((/** @type {any} */ each) => h('li', null, h('a', { class: 'button plain', href: link('/editor', { file: each.file }) }, icon('edit'), own(each.file))))))
}

/**
 * Calls once however often it is asked for in a third of a second.
 * @param {() => void} work @param {AbortSignal} signal
 */
export function soon(work, signal) {
  /** @type {number | undefined} */
  let timer
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  return () => { timer ??= setTimeout(() => { timer = undefined; if (!signal.aborted) work() }, 300) }
}

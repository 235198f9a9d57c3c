// One rule: its state, its text, what it did and why it did not.

import { h, replace, setText } from '../base/dom.js'
import { every } from '../base/events.js'
import { icon } from '../base/icons.js'
import { link } from '../base/router.js'
import { t } from '../base/words.js'
import { fullMoment, moment } from '../base/format.js'
import { session } from '../hub/api.js'
import { ask } from '../hub/connection.js'
import { codeView } from './area.js'
import { act, lastAndNext, mayRule, ruleButtons, ruleState, stateTag, timeLeft, triggerWords } from './acting.js'
import { followRuns, loadRun } from './following.js'
import { soon } from './list.js'
import { decisions, fold, keyName, occasionWords, own, recordChain, recordIcon, recordWords, unlinked, walk } from './sentences.js'

/** @typedef {import('./acting.js').Rule} Rule */

const atOnce = 20
const most = 300
const ran = ['standing', 'done', 'failed', 'stopped', 'replaced', 'dropped', 'reset']

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, place) {
  const name = place.params.rule
  place.title(name)
  const head = new Head(name, () => again())
  const runs = new Timeline(name, ran, t('rule.no.runs'))
  const passed = new Timeline(name, decisions, t('rule.no.passed'))
  const text = h('section')
  main.append(h('p', null, h('a', { href: '#/rules' }, icon('left'), t('rules.title'))), head.element,
    h('div', { class: 'rule-page' }, h('div', null, h('section', { 'aria-labelledby': 'runs' }, h('h2', { id: 'runs' }, t('rule.runs')), runs.element),
      h('section', { 'aria-labelledby': 'passed' }, h('h2', { id: 'passed' }, t('rule.passed')), passed.element)), text))
  const load = async () => {
    const [{ rules }, status] = await Promise.all([ask('rules', { rule: name }), ask('status').catch(() => null)])
    const rule = rules.find((/** @type {Rule} */ each) => each.rule === name) ?? rules[0]
    if (!rule) throw new Error(t('rule.unknown'))
    await Promise.all([runs.renew(), passed.renew()])
    head.update(rule, new Set((status?.rules?.failed ?? []).map((/** @type {any} */ each) => each.rule)), runs.newest)
    return rule
  }
  const again = soon(() => load().catch(() => {}), place.signal)
  followRuns((record) => { if (!record || record.rule === name || record.rule.startsWith(`${name}/`)) again() }, place.signal)
  every(1000, () => head.count(), place.signal)
  every(10_000, again, place.signal)
  const rule = await load()
  const run = Number(place.query.get('run'))
  if (run) await runs.open(run)
  await showText(text, rule)
}

/** What stands on top: state, times, what waits, buttons. */
class Head {
  /** @param {string} name @param {() => void} changed */
  constructor(name, changed) {
    this.name = name
    this.changed = changed
    this.buttons = ruleButtons(name, changed)
    this.about = h('div', { class: 'stack' })
    /** @type {{ due: number, element: HTMLElement }[]} */
    this.holds = []
    this.state = h('span')
    this.form = h('div')
    this.element = h('header', null, h('div', { class: 'row' }, h('h1', null, own(name)), this.state), this.about, this.buttons.element, this.form)
  }

  /** @param {Rule} rule @param {Set<string>} failed @param {number} [newest] when its newest run began */
  update(rule, failed, newest) {
    replace(this.state, stateTag(ruleState(rule, failed)))
    this.holds = (rule.pending ?? []).map((/** @type {any} */ each) => ({ ...each, element: h('b', { class: 'number' }, timeLeft(each.due)) }))
    replace(this.about, rule.description && h('p', null, own(rule.description)), rule.reason && h('p', { class: 'field-error' }, own(rule.reason)),
      h('ul', { class: 'bare' }, rule.triggers.map((/** @type {string} */ each) => h('li', null, triggerWords(each)))),
      h('p', { class: 'quiet number' }, [[lastAndNext(rule, newest)].flat().filter(Boolean), counts(rule, newest)].filter((each) => each.length).flatMap((each, index) => index ? [' · ', each] : [each])),
      this.holds.map((/** @type {any} */ each) => h('p', null, icon('clock'), ' ', own(keyName(each.key ?? '')), ' ', t('rule.due'), ' ', each.element)))
    this.buttons.update(rule)
    if (rule.parameters?.length && !this.form.firstChild && mayRule()) this.form.append(this.#form(rule.parameters))
  }

  /** @param {string[]} parameters */
  #form(parameters) {
    const inputs = parameters.map((each) => h('input', { name: each, autocomplete: 'off' }))
    return h('form', { class: 'card row', onsubmit: async (/** @type {Event} */ event) => {
      event.preventDefault()
      const given = inputs.filter((each) => each.value !== '').map((each) => [each.name, argument(each.value)])
      await act('run', this.name, { arguments: Object.fromEntries(given) })
      this.changed()
    } }, inputs.map((each) => h('label', null, own(each.name), each)), h('button', null, icon('play'), t('act.run')))
  }

  count() { for (const { due, element } of this.holds) setText(element, timeLeft(due)) }
}

/** @param {Rule} rule @param {number} [newest] where it has runs, but none that came to its end, no count is said */
const counts = ({ runs, failures, skipped, refused }, newest) => [(runs || !newest) && t('trial.runs', { count: runs }), failures && t('trial.failed', { count: failures }), skipped && t('trial.refused', { count: skipped }), refused && t('rule.refused', { count: refused })].filter(Boolean).join(', ')

/**
 * `true`, `12` and JSON are what they say, all else is a text.
 * @param {string} text
 */
function argument(text) {
  try { return JSON.parse(text) } catch { return text }
}

/** Runs, or decisions not to run, newest first. What is open stays open when newer ones come. */
export class Timeline {
  /** @param {string} rule @param {string[]} outcomes @param {string} empty */
  constructor(rule, outcomes, empty) {
    this.request = { rule, outcomes, limit: atOnce }
    /** @type {Map<number, { element: HTMLElement, text: string }>} */
    this.items = new Map()
    /** @type {number | undefined} */
    this.newest = undefined
    this.list = h('ol', { class: 'bare timeline', onkeydown: walk })
    this.empty = h('p', { class: 'empty' }, empty)
    this.more = h('button', { class: 'plain', onclick: () => this.older() }, t('action.more'))
    this.element = h('div', null, this.list, this.empty, this.more)
    this.more.hidden = this.empty.hidden = true
  }

  async renew() {
    const { runs } = await ask('runs', this.request)
    if (!this.items.size) this.more.hidden = runs.length < atOnce
    this.newest = runs[0]?.last ?? runs[0]?.started
    for (const record of [...runs].reverse()) this.#put(record, true)
    this.empty.hidden = this.items.size > 0
  }

  async older() {
    const { runs } = await ask('runs', { ...this.request, before: Math.min(...this.items.keys()) })
    for (const record of runs) this.#put(record, false)
    this.more.hidden = runs.length < atOnce
  }

  /**
   * Shows a run that somebody came for, also an old one.
   * @param {number} run
   */
  async open(run) {
    const record = this.items.has(run) ? null : await loadRun(run)
    if (record) this.#put(record, false)
    const details = /** @type {any} */ (this.items.get(run)?.element.firstElementChild)
    if (details) { details.open = true; requestAnimationFrame(() => { details.scrollIntoView({ block: 'center' }); details.firstElementChild.focus({ preventScroll: true }) }) }
  }

  /** @param {any} record @param {boolean} isNew */
  #put(record, isNew) {
    const text = JSON.stringify(record)
    const known = this.items.get(record.run)
    if (known?.text === text) return
    const item = recordItem(record, true)
    if (known) {
      item.firstElementChild.open = /** @type {any} */ (known.element.firstElementChild).open
      const isFocused = known.element.contains(document.activeElement)
      known.element.replaceWith(item)
      if (isFocused) item.querySelector('summary').focus()
    } else if (isNew) this.list.prepend(item)
    else this.list.append(item)
    this.items.set(record.run, { element: item, text })
    // A rule that runs each second must not fill the page.
    if (isNew && this.items.size > most) { const oldest = Math.min(...this.items.keys()); this.items.get(oldest)?.element.remove(); this.items.delete(oldest); this.more.hidden = false }
  }
}

/**
 * A record that can be opened.
 * @param {any} record
 * @param {boolean} [isRuleKnown]
 */
export function recordItem(record, isRuleKnown) {
  const details = fold([h('time', { class: 'number when', title: fullMoment(record.started) }, moment(record.last ?? record.started)), icon(recordIcon(record)),
    unlinked([recordWords(record, isRuleKnown), h('small', { class: 'quiet' }, occasionWords(record))])], () => recordChain(record, loadRun))
  return h('li', { class: `is-${record.outcome}` }, details)
}

/** @param {HTMLElement} place @param {Rule} rule */
async function showText(place, rule) {
  const title = h('h2', { id: 'text' }, t('rule.text'))
  try {
    const { text, file, line, editable } = await ask('rule_text', { rule: rule.rule })
    replace(place, h('div', { class: 'row is-apart' }, title, h('a', { class: 'button plain', href: link('/editor', { rule: rule.rule }) }, icon('edit'), t(editable ? 'action.edit' : 'rule.try'))),
      codeView(text, line), h('p', { class: 'small quiet' }, t('rule.at', { file, line })))
  } catch {
    const why = t(session && !session.admin ? 'rule.text.admins' : 'rule.text.none')
    replace(place, title, h('p', { class: 'quiet' }, why), h('p', { class: 'small quiet' }, own(rule.at)),
      rule.if && h('div', null, h('h3', null, t('rule.if')), codeView(`if: "${rule.if}"`)))
  }
}

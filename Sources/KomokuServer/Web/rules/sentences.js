// What rules did, in words: records of `runs` (docs/protocol.md) as sentences. Foreign names stand in <bdi>.

import { h } from '../base/dom.js'
import { link } from '../base/router.js'
import { has, t } from '../base/words.js'
import { capital, duration, fullMoment, moment, words } from '../base/format.js'
import { keyAddress, keyName, keyText as valueOf } from '../keys/names.js'
import { keys } from '../keys/store.js'

/**
 * @typedef {Object<string, any>} Run a record of `runs`
 * @typedef {import('../base/dom.js').Child} Child
 */

export const decisions = ['skipped', 'busy', 'limited', 'paused', 'missed']

export { keyName, valueOf }

/** @param {Child} text */
export const own = (text) => h('bdi', null, text)

/** @param {string} name */
export const keyLink = (name) => h('a', { href: keyAddress(name) }, own(keyName(name)))

/** @param {string} rule */
export const ruleLink = (rule) => h('a', { href: link(`/rules/${encodeURIComponent(rule)}`) }, own(rule))

/**
 * A sentence without its links, for what is pressed itself.
 * @param {Child} words
 * @returns {HTMLElement}
 */
export function unlinked(words) {
  const place = h('span', null, words)
  for (const each of place.querySelectorAll('a')) each.replaceWith(...each.childNodes)
  return place
}

/**
 * A phrase in which elements stand for `{name}`.
 * @param {string} name
 * @param {Object<string, Child>} [values]
 * @returns {Child[]}
 */
export function phrase(name, values = {}) {
  return t(name, 'count' in values ? { count: values.count } : {}).split(/\{(\w+)\}/).map((part, index) => index % 2 ? values[part] ?? '' : part)
}

/**
 * A text of the hub with the names of keys in place of the keys.
 * @param {string} text
 * @param {(name: string) => Child} [show]
 * @returns {Child[]}
 */
export function withNames(text, show = keyLink) {
  return text.split(/([\p{L}\p{N}_-]+(?:\.[\p{L}\p{N}_-]+)+)/u).map((part, index) => index % 2 && keys.has(part) ? show(part) : part)
}

/**
 * What started a run: "Hall motion: occupied".
 * @param {Run} record
 * @returns {Child[]}
 */
export function occasionWords({ occasion = {} }) {
  const { trigger, key, value, previous, source } = occasion
  if (key) {
    const values = { key: keyLink(key), value: own(valueOf(key, value)), previous: own(valueOf(key, previous)) }
    const name = has(`occasion.${trigger}.key`) ? `occasion.${trigger}.key` : previous === undefined || previous === null ? 'occasion.key' : 'occasion.change'
    return phrase(name, values)
  }
  const text = own((trigger === 'mqtt' || trigger === 'call' || trigger === 'manual' ? source : JSON.stringify(occasion.arguments) ?? source) ?? '')
  return phrase(has(`occasion.${trigger}`) ? `occasion.${trigger}` : 'occasion.other', { trigger: own(trigger), source: sourceWords(occasion), text })
}

/**
 * Where a change came from: "a message", "somebody", a rule.
 * @param {Run} occasion
 * @returns {Child}
 */
export function sourceWords({ source = '', parent }) {
  const [, kind, rest] = /^(message on|client|rule) (.*)$/s.exec(source) ?? []
  if (kind === 'rule') return phrase('source.rule', { rule: ruleLink(rest) })
  if (kind === 'message on') return h('span', { title: rest }, t('source.message'))
  if (kind) return phrase('source.client', { client: own(rest) })
  return parent ? t('source.run') : source && own(source)
}

/**
 * One step: "set Hall lamp to on".
 * @param {Run} effect
 * @returns {Child[]}
 */
export function effectWords(effect) {
  const { verb, key, value, text = '', outcome, reason } = effect
  const name = `effect.${verb}`
  const shown = key ? own(valueOf(key, value)) : own(text || (value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)))
  const sentence = effect.hidden ? phrase('effect.hidden', { verb: own(words(verb ?? '')) })
    : phrase(has(name) ? name : 'effect.other', { verb: own(words(verb ?? '')), key: key && keyLink(key), value: shown, text: shown })
  if (!outcome) return sentence
  return [sentence, ' ', h('span', { class: `tag ${outcome === 'reported' ? 'is-good' : 'is-bad'}` }, t(`effect.is.${outcome}`)), reason && [' ', own(withNames(reason))]]
}

/**
 * Why nothing ran or what went wrong, with the part of the condition that was false and the values read.
 * @param {Run} record
 * @returns {Child}
 */
export function reasonWords({ outcome, reason = '' }) {
  const [, part, state, read] = /^(.*?) is (false|unknown)(?:: (.*))?$/s.exec(reason) ?? []
  if (outcome !== 'skipped' || !part) return reason && own(withNames(reason))
  return [phrase(`reason.${state}`, { part: h('q', { class: 'code' }, own(withNames(part))) }), read && [' ', readWords(read)]]
}

/**
 * The values that a condition read: `hall.lux is 51`.
 * @param {string} text
 * @returns {Child[]}
 */
function readWords(text) {
  return text.split(/([\p{L}\p{N}_.-]+ is (?:true|false|-?\d+(?:\.\d+)?(?![\w])))/u).map((part, index) => {
    const [key, value] = part.split(' is ')
    return index % 2 && keys.has(key) ? phrase('reason.read', { key: keyLink(key), value: own(valueOf(key, JSON.parse(value))) }) : own(withNames(part))
  })
}

/**
 * The sentence of a record: "Hall light ran: Hall lamp on".
 * @param {Run} record
 * @param {boolean} [isRuleKnown] it stands on the rule's own page
 * @returns {Child}
 */
export function recordWords(record, isRuleKnown = false) {
  const { outcome, rule, effects = [], count } = record
  const acts = effects.filter((/** @type {Run} */ each) => !['wait', 'wait_until', 'wait_for', 'log', 'set'].includes(each.verb))
  const first = (acts.length ? acts : effects)[0]
  const name = isRuleKnown ? `run.own.${outcome}` : `run.${outcome}`
  const sentence = phrase(has(name) ? name : 'run.other', { rule: isRuleKnown ? own(rule) : ruleLink(rule), outcome: own(outcome) })
  const rest = decisions.includes(outcome) || outcome === 'failed' ? reasonWords(record) : first && effectWords(first)
  return [sentence, rest && [': ', rest], acts.length > 1 && ` ${t('run.more', { count: acts.length - 1 })}`,
    count > 1 && [' ', h('span', { class: 'tag' }, t('run.count', { count }))]]
}

/**
 * What is folded away, and made when it is opened.
 * @param {Child[]} summary
 * @param {() => Child} fill
 */
export function fold(summary, fill) {
  const details = h('details', { ontoggle: () => { if (details.open && details.children.length === 1) details.append(h('div', null, fill())) } }, h('summary', null, summary))
  return details
}

/**
 * Arrows walk from one to the next, Home and End to the ends.
 * @param {KeyboardEvent} event
 */
export function walk(event) {
  const list = /** @type {HTMLElement} */ (event.currentTarget)
  const all = [...list.querySelectorAll('summary')]
  const at = all.indexOf(/** @type {any} */ (document.activeElement))
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key]
  if (at < 0 || next === undefined || !all[next]) return
  event.preventDefault()
  all[next].focus()
}

/** @param {Run} record */
export function recordIcon({ outcome }) {
  return outcome === 'failed' ? 'error' : outcome === 'standing' ? 'clock' : decisions.includes(outcome) ? 'minus' : outcome === 'done' || outcome === 'stopped' ? 'ok' : 'close'
}

/**
 * The whole of it, as a chain from what began it to what came of it.
 * @param {Run} record
 * @param {(run: number) => Promise<Run | undefined>} [load] for the run that led to it
 * @returns {HTMLElement}
 */
export function recordChain(record, load) {
  const { occasion = {}, effects = [], outcome, parent = occasion.parent } = record
  const cause = h('li', null, t('chain.cause'), ' ', sourceWords(occasion) || t('chain.clock'))
  const list = h('ol', { class: 'chain' }, cause,
    h('li', null, occasionWords(record), occasion.time && h('small', { class: 'quiet' }, ' ', fullMoment(occasion.time))),
    h('li', null, phrase('chain.rule', { rule: ruleLink(record.rule) })),
    effects.map((/** @type {Run} */ each) => h('li', null, effectWords(each), h('small', { class: 'quiet' }, ' ', t('chain.step', { step: [each.step, ...(each.scripts ?? []).map((/** @type {any} */ script) => `${script.name} ${script.step}`)].join(' › ') })))),
    record.omitted && h('li', null, t('chain.omitted', { count: record.omitted })),
    h('li', null, endWords(record)))
  if (parent && load) {
    const button = h('button', { class: 'plain', onclick: async () => {
      const before = await load(parent)
      button.replaceWith(before ? h('div', { tabindex: -1 }, recordWords(before), recordChain(before, load)) : t('chain.gone'))
      cause.querySelector('div')?.focus()
    } }, t('chain.before'))
    cause.append(' ', button)
  }
  if (outcome === 'standing') list.lastElementChild?.classList.add('is-open')
  return list
}

/** @param {Run} record @returns {Child} */
function endWords(record) {
  const { outcome, due, ended, started, reason } = record
  const rest = reason && [': ', reasonWords(record)]
  if (outcome === 'standing') return due ? phrase('end.standing.due', { time: moment(due) }) : t('end.standing')
  const length = ended && ended - started >= 1 ? ` ${t('end.after', { duration: duration(ended - started) })}` : ''
  return [has(`end.${outcome}`) ? t(`end.${outcome}`) : capital(words(outcome)), length, rest]
}

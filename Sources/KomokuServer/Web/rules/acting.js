// What a person does with a rule: let it run, switch it on and off, stop it; and what its state is called.

import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { t } from '../base/words.js'
import { ago, moment } from '../base/format.js'
import { announce, notify, notifyError } from '../base/notice.js'
import { connection } from '../hub/connection.js'
import { mayWrite } from '../hub/api.js'
import { keys } from '../keys/store.js'
import { decisions, keyName, own, phrase, valueOf, withNames } from './sentences.js'

/** @typedef {Record<string, any>} Rule as `rules` tells of it */

/** Whether the caller may do something with rules. */
export const mayRule = () => mayWrite('**')

/**
 * @param {string} command `run`, `enable`, `disable` or `stop_runs`
 * @param {string} rule
 * @param {Record<string, any>} [more]
 * @returns {Promise<any>} undefined: it was refused, which was told
 */
export async function act(command, rule, more = {}) {
  try {
    const answer = await connection.ask(command, { rule, ...more })
    const isRefused = command === 'run' && decisions.includes(answer.outcome)
    if (isRefused) notify(t('act.run.not', { rule, reason: answer.reason ?? answer.outcome }), { kind: 'error' })
    else announce(t(`act.${command}.done`, { rule }))
    return answer
  } catch (error) { notifyError(error) }
}

/**
 * The buttons of a rule; `update` shows those that make sense now.
 * @param {string} name
 * @param {() => void} changed
 */
export function ruleButtons(name, changed) {
  /** @param {string} command @param {string} sign */
  const button = (command, sign) => h('button', { class: 'plain', 'aria-label': t(`act.${command}.of`, { rule: name }), onclick: async () => {
    await act(command, name)
    changed()
  } }, icon(sign), h('span', null, t(`act.${command}`)))
  const all = { run: button('run', 'play'), stop_runs: button('stop_runs', 'stop'), enable: button('enable', 'ok'), disable: button('disable', 'pause') }
  const element = h('div', { class: 'rule-buttons' }, mayRule() && Object.values(all))
  return {
    element,
    /** @param {Rule} rule */
    update(rule) {
      const isOff = rule.state === 'disabled' || rule.state === 'paused'
      all.enable.hidden = !isOff
      all.disable.hidden = isOff
      all.run.hidden = !!rule.parameters?.length
      all.stop_runs.disabled = !rule.standing && !rule.queued
    },
  }
}

/**
 * @param {Rule} rule
 * @param {Set<string>} failed the rules whose newest run failed
 */
export function ruleState(rule, failed) {
  return rule.state !== 'enabled' ? rule.state : failed.has(rule.rule) ? 'failed' : rule.standing ? 'standing' : rule.pending?.length ? 'pending' : 'enabled'
}

/** @param {string} state */
export function stateTag(state) {
  const [look, sign] = { failed: ['is-bad', 'error'], paused: ['is-bad', 'warning'], limited: ['is-bad', 'warning'], disabled: ['', 'pause'], standing: ['is-on', 'clock'], pending: ['is-on', 'clock'] }[state] ?? ['is-good', 'ok']
  return h('span', { class: `tag ${look}` }, icon(sign), t(`rule.${state}`))
}

/**
 * The time that is left, as a clock counts it down: `9:41`, `1:02:03`.
 * @param {number} due
 */
export function timeLeft(due) {
  const left = Math.max(0, Math.round(due - Date.now() / 1000))
  if (left > 86_400) return moment(due)
  const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, String(left % 60).padStart(2, '0')]
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`
}

/**
 * A trigger in words: "Hall motion becomes on for 10m".
 * @param {string} text `change hall.motion to true for 10m`
 */
export function triggerWords(text) {
  const [, kind, rest] = /^(\w+)(?: (.*))?$/s.exec(text) ?? [text, text, '']
  const [, key, value, time] = kind === 'change' && /^(\S+) to (\w+)(?: for (\S+))?$/.exec(rest) || []
  if (keys.has(key)) return [phrase('trigger.to', { key: h('b', null, own(keyName(key))), value: own(valueOf(key, value === 'true' || value === 'false' ? value === 'true' : value)) }), time && ` ${t('trigger.for', { time })}`]
  const name = `trigger.${kind}`
  const words = t(name)
  return [words === name ? kind : words, ' ', own(withNames((rest ?? '').replace(/\b(\d\d:\d\d):00\b/g, '$1'), (key) => h('b', null, keyName(key))))]
}

/**
 * `last_run` counts runs that came to their end only: a rule with `mode: restart` may have none of these.
 * @param {Rule} rule
 * @param {number} [started] its newest run, where that is known
 */
export function lastAndNext(rule, started) {
  const last = Math.max(rule.last_run ?? 0, started ?? 0)
  return [last ? t('rule.last', { time: ago(last) }) : !rule.standing && t('rule.never'), rule.next && ` ${last || !rule.standing ? '· ' : ''}${t('rule.next', { time: moment(rule.next) })}`]
}


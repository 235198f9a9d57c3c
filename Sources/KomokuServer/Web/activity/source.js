// What happened, from the hub: its list of what happened where it has one, else what rules did.

import { h } from '../base/dom.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { changes, keys } from '../keys/store.js'
import { byKey, devices } from '../devices/store.js'
import { deviceName } from '../keys/names.js'
import { followRuns } from '../rules/following.js'
import { decisions, keyLink, keyName, own, phrase, recordIcon, recordWords, valueOf } from '../rules/sentences.js'

/**
 * @typedef {object} Event
 * @property {string} id
 * @property {number} time
 * @property {string} kind one of `kinds`
 * @property {boolean} isFailed
 * @property {string} icon
 * @property {() => import('../base/dom.js').Child} words
 * @property {string} text for the search
 * @property {string} [key]
 * @property {string} [rule]
 * @property {string | null} [device] its id
 * @property {any} [record] of a rule
 * @property {number} [run] its number, where the record is not there yet
 * @property {any} [cause]
 */

/** @typedef {{ kind?: string, device?: string, rule?: string, room?: string, text?: string }} Filter */

export const kinds = ['change', 'run', 'decision', 'command', 'failure', 'notification', 'device', 'outage']
export const atOnce = 50
let hasActivity = true

/** @param {any} record @returns {Event} */
export function eventOfRecord(record) {
  const involved = [record.occasion?.key, ...record.keys ?? []].filter(Boolean)
  return { id: `run:${record.run}`, time: record.last ?? record.started, kind: decisions.includes(record.outcome) ? 'decision' : 'run', isFailed: record.outcome === 'failed', icon: recordIcon(record),
    words: () => recordWords(record), record, rule: record.rule, key: record.occasion?.key, device: null,
    text: [record.rule, ...involved, ...involved.map(keyName), record.reason ?? '', ...(record.effects ?? []).map((/** @type {any} */ each) => each.text ?? '')].join(' ').toLowerCase() }
}

/** @type {Object<string, string>} */
const icons = { change: 'activity', command: 'right', notification: 'bell', outage: 'offline', device: 'devices' }

/** @param {any} item of `activity` @returns {Event} */
function eventOfItem(item) {
  const { id, time, kind, key, rule, device, outcome, text, cause, run } = item
  const isFailed = outcome === 'failed'
  return { id, time, kind, isFailed, icon: kind === 'run' || kind === 'decision' ? recordIcon(item) : isFailed ? 'error' : icons[kind] ?? 'other', words: () => itemWords(item), key, rule, device, cause, run,
    text: `${text} ${key ?? ''} ${key ? keyName(key) : ''} ${rule ?? ''} ${devices.get(device)?.name ?? ''}`.toLowerCase() }
}

/** @param {any} item @returns {import('../base/dom.js').Child} */
function itemWords(item) {
  const { kind, key, value, previous, rule, outcome, text, id, device } = item
  const values = { key: key && keyLink(key), value: own(valueOf(key, value)), previous: own(valueOf(key, previous)), text: own(text) }
  if (kind === 'run' || kind === 'decision') return recordWords({ ...item, reason: /: (.*)$/s.exec(text.slice(rule.length))?.[1] ?? '' })
  if (kind === 'change') return phrase(previous === undefined || previous === null ? 'occasion.key' : 'occasion.change', values)
  if (kind === 'command') return [phrase('activity.command', values), ' ', outcome && h('span', { class: `tag ${outcome === 'failed' || outcome === 'differs' ? 'is-bad' : ''}` }, t(`command.is.${outcome}`))]
  if (kind === 'device' && typeof value === 'boolean') return phrase(value ? 'activity.online' : 'activity.offline', { device: own(device && devices.has(device) ? deviceName(/** @type {any} */ (devices.get(device))) : keyName(key)) })
  if (kind === 'outage') return t(`activity.${id.split(':')[1]}`)
  return kind === 'notification' ? phrase('effect.notify', values) : own(text)
}

/** @param {{ key: string, value: any, time: number, previous?: any }} pub @returns {Event} */
function eventOfChange({ key, value, time }) {
  return { id: `change:${key}:${time}`, time, kind: 'change', isFailed: false, icon: icons.change, key, words: () => phrase('occasion.key', { key: keyLink(key), value: own(valueOf(key, value)) }), text: `${key} ${keyName(key)}`.toLowerCase() }
}

/**
 * A page of what happened, newest first.
 * @param {any} before what the page before said
 * @param {Filter} filter
 * @returns {Promise<{ events: Event[], before: any }>}
 */
export async function loadEvents(before, filter) {
  if (hasActivity) {
    try {
      const wanted = filter.kind === 'failure' ? ['run', 'command', 'notification'] : filter.kind ? [filter.kind] : undefined
      const answer = await ask('activity', { before: before ?? undefined, limit: atOnce, device: filter.device || undefined, rule: filter.rule || undefined, kinds: wanted })
      return { events: answer.activity.map(eventOfItem), before: answer.before ?? null }
    } catch (error) {
      if (error.code !== 'invalid_query' || before) throw error
      hasActivity = false
    }
  }
  const outcomes = filter.kind === 'decision' ? decisions : filter.kind === 'failure' ? ['failed'] : undefined
  const { runs } = await ask('runs', { before: before ?? undefined, limit: atOnce, rule: filter.rule || undefined, outcomes })
  return { events: runs.map(eventOfRecord), before: runs.length === atOnce ? runs[runs.length - 1].run : null }
}

/**
 * Tells of what happens now: what rules did, and changes of what is no measurement.
 * @param {(event: Event | null) => void} listener null: something was missed
 * @param {AbortSignal} signal
 */
export function followEvents(listener, signal) {
  followRuns((record) => listener(record && eventOfRecord(record)), signal)
  changes.listen((pub) => {
    const key = keys.get(pub.key)
    if (!hasActivity || !key || key.type === 'numeric' || key.type === 'counter' || pub.value === key.value || byKey.get(pub.key)?.[1].category) return
    listener(eventOfChange(pub))
  }, signal)
}

/**
 * What the hub knows of the way to a change.
 * @param {string} key
 */
export const whyKey = (key) => ask('why', { key })

/** @param {any} cause of `why` or `activity` @returns {import('../base/dom.js').Child} */
export function causeWords(cause) {
  if (!cause) return t('cause.unknown')
  if (typeof cause === 'string') return own(cause)
  if (cause.kind === 'message') return h('span', { title: cause.topic }, t('source.message'))
  if (cause.kind === 'client') return phrase('source.client', { client: own([cause.client, cause.by].filter(Boolean).join(' ')) })
  if (cause.kind === 'rule') return cause.rule ? phrase('source.rule', { rule: own(cause.rule) }) : t('cause.rule')
  return own(t(`cause.${cause.kind}`))
}

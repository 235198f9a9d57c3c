// What happened, from the hub: its list of what happened where it has one, else what rules did.

import { h } from '../base/dom.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { changes, keys } from '../keys/store.js'
import { byKey } from '../devices/store.js'
import { followRuns } from '../rules/following.js'
import { decisions, keyLink, keyName, own, phrase, recordIcon, recordWords, valueOf } from '../rules/sentences.js'

/**
 * @typedef {object} Event
 * @property {string} id
 * @property {number} time
 * @property {string} kind `change`, `run`, `decision`, `failure` or what the hub calls it
 * @property {string} icon
 * @property {() => import('../base/dom.js').Child} words
 * @property {string} text for the search
 * @property {string} [key]
 * @property {string} [rule]
 * @property {string | null} [device] its id
 * @property {any} [record] of a rule
 * @property {any} [cause]
 */

/** @typedef {{ kind?: string, device?: string, rule?: string, room?: string, text?: string }} Filter */

export const kinds = ['change', 'run', 'decision', 'failure']
export const atOnce = 50
let hasActivity = true

/** @param {any} record @returns {Event} */
export function eventOfRecord(record) {
  const kind = record.outcome === 'failed' ? 'failure' : decisions.includes(record.outcome) ? 'decision' : 'run'
  const involved = [record.occasion?.key, ...record.keys ?? []].filter(Boolean)
  return { id: `run ${record.run}`, time: record.last ?? record.started, kind, icon: recordIcon(record), words: () => recordWords(record), record, rule: record.rule, key: record.occasion?.key,
    device: null, text: [record.rule, ...involved, ...involved.map(keyName), record.reason ?? '', ...(record.effects ?? []).map((/** @type {any} */ each) => each.text ?? '')].join(' ').toLowerCase() }
}

/** @param {any} item of `activity` @returns {Event} */
function eventOfItem(item) {
  if (item.record) return eventOfRecord(item.record)
  const icons = { change: 'activity', run: 'ok', decision: 'minus', skipped: 'minus', failure: 'error', failed: 'error', device: 'devices', offline: 'offline', notification: 'bell' }
  const isChange = item.key && item.value !== undefined
  const kind = item.outcome === 'failed' ? 'failure' : decisions.includes(item.outcome) ? 'decision' : item.kind
  const words = () => isChange && !item.rule ? phrase('activity.changed', { key: keyLink(item.key), value: own(valueOf(item.key, item.value)) })
    : item.rule && item.outcome ? recordWords({ effects: [], ...item }) : own(item.text ?? item.kind)
  return { id: String(item.id ?? `${item.kind} ${item.time} ${item.key}`), time: item.time, kind, icon: /** @type {any} */ (icons)[kind] ?? 'other', words, key: item.key, rule: item.rule, device: item.device, cause: item.cause,
    text: `${item.text ?? ''} ${item.key ?? ''} ${item.key ? keyName(item.key) : ''} ${item.rule ?? ''}`.toLowerCase() }
}

/** @param {{ key: string, value: any, time: number, previous?: any }} pub @returns {Event} */
function eventOfChange({ key, value, time }) {
  return { id: `change ${key} ${time}`, time, kind: 'change', icon: 'activity', key, words: () => phrase('activity.changed', { key: keyLink(key), value: own(valueOf(key, value)) }), text: `${key} ${keyName(key)}`.toLowerCase() }
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
      const answer = await ask('activity', { before: before ?? undefined, limit: atOnce, device: filter.device || undefined, rule: filter.rule || undefined })
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
  if (cause.kind === 'client') return phrase('source.client', { client: own(cause.client) })
  if (cause.kind === 'rule') return phrase('source.rule', { rule: own(cause.rule) })
  return own(t(`cause.${cause.kind}`))
}

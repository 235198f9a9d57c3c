// By what a key got its value, in a sentence with links.

import { h } from '../base/dom.js'
import { moment } from '../base/format.js'
import { t } from '../base/words.js'
import { keyName } from './names.js'

/**
 * Puts elements where a phrase has `{name}`.
 * @param {string} phrase
 * @param {Record<string, any>} parts
 */
export function sentence(phrase, parts) {
  return t(phrase).split(/(\{\w+\})/).map((each) => each.startsWith('{') ? parts[each.slice(1, -1)] ?? '' : each)
}

/** @param {any} answer of `why` */
export function whyText(answer) {
  const { cause, since } = answer
  const when = since ? moment(since) : t('value.none')
  if (!cause) return sentence('why.unknown', { when })
  const by = cause.asked ?? (cause.kind === 'rule' ? cause : null)
  // A rule that the caller may not see has no name for him, and no page.
  if (by && !by.rule) return sentence('why.hidden', { when })
  const rule = by && h('a', { href: `#/rules/${encodeURIComponent(by.rule)}` }, h('bdi', null, by.rule))
  const run = by && h('a', { href: `#/rules/${encodeURIComponent(by.rule)}?run=${by.run}` }, t('why.run'))
  const trigger = answer.chain?.find((/** @type {any} */ each) => each.run === by?.run)?.occasion
  const because = trigger?.key ? [' ', ...sentence('why.because',
    { key: h('a', { href: `#/keys/${encodeURIComponent(trigger.key)}` }, h('bdi', null, keyName(trigger.key))) })] : ''
  if (by) return [sentence(cause.asked ? 'why.asked' : 'why.rule', { when, rule, run }), because]
  if (cause.kind === 'client') return sentence('why.client', { when, client: h('bdi', null, cause.client) })
  if (cause.kind === 'message') return sentence('why.message', { when, topic: h('bdi', { class: 'code' }, cause.topic) })
  const name = `why.${cause.kind}`
  return sentence(cause.kind === 'expiry' || cause.kind === 'clock' ? name : 'why.unknown', { when })
}

/**
 * The same in a word or two.
 * @param {any} cause as `activity` has it
 */
export function causeText(cause) {
  if (cause?.rule) return h('a', { href: `#/rules/${encodeURIComponent(cause.rule)}?run=${cause.run}` }, h('bdi', null, cause.rule))
  if (cause?.kind === 'rule') return t('points.rule')
  return cause?.topic || cause?.client ? h('bdi', { class: 'code' }, cause.topic ?? [cause.client, cause.by].filter(Boolean).join(' ')) : cause?.kind === 'expiry' ? t('points.expiry') : ''
}

// When a device was reached: a week as a strip, and in words.

import { h, replace, s } from '../base/dom.js'
import { date, duration, fullMoment } from '../base/format.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { when } from '../system/parts.js'

const week = 7 * 86400

/** @typedef {{ start: number, length: number, isOnline: boolean }} Span */

/** @param {import('./store.js').Device} device @param {AbortSignal} signal */
export function drawAvailability(device, signal) {
  const key = device.properties.find((each) => each.property === 'online')?.key
  const place = h('section', { class: 'availability' })
  if (!key) return device.last_seen ? place : h('span', null)
  load(key).then(({ spans, since, until }) => { if (!signal.aborted) replace(place, h('h2', null, t('devices.availability')),
    drawSpans(spans, since, until)) }, () => {})
  return place
}

/** @param {string} key */
async function load(key) {
  const until = Date.now() / 1000
  const since = until - week
  const both = await Promise.all([true, false].map((value) => ask('spans', { key, value, since, until })))
  const spans = both.flatMap((answer, index) => answer.spans.map((/** @type {[number, number | null]} */ [start, length]) => ({ start,
    length: length ?? until - start, isOnline: index === 0 })))
  return { spans: /** @type {Span[]} */ (spans.sort((a, b) => a.start - b.start)), since, until }
}

/** @param {Span[]} spans @param {number} since @param {number} until */
function drawSpans(spans, since, until) {
  const off = spans.filter((each) => !each.isOnline)
  const known = spans.reduce((sum, each) => sum + each.length, 0)
  const away = off.reduce((sum, each) => sum + each.length, 0)
  const words = !known ? t('devices.never_known') : off.length ? t('devices.away',
    { count: off.length, duration: duration(away) }) : t('devices.always')
  const x = (/** @type {number} */ time) => ((time - since) / week) * 700
  const strip = s('svg', { class: 'strip', viewBox: '0 0 700 24', preserveAspectRatio: 'none', role: 'img', 'aria-label': words },
    s('rect', { class: 'is-unknown', width: 700, height: 24 }),
    spans.map((each) => s('rect', { class: each.isOnline ? 'is-online' : 'is-away', x: x(each.start).toFixed(1),
      width: Math.max(each.isOnline ? 0 : 2, (each.length / week) * 700).toFixed(1), y: each.isOnline ? 4 : 0,
      height: each.isOnline ? 16 : 24 },
      s('title', null, `${t(each.isOnline ? 'devices.online' : 'devices.offline')}: ${fullMoment(each.start)}, ${duration(each.length)}`))))
  const days = Array.from({ length: 7 }, (_, index) => h('span', null, date(since + (index + 0.5) * 86400, { weekday: 'short' })))
  return [h('p', null, words, known < week * 0.98 && h('span', { class: 'quiet' }, ' ', t('devices.partly'))), strip,
    h('div', { class: 'strip-days quiet small', 'aria-hidden': 'true' }, days),
    off.length > 0 && h('details', null, h('summary', null, t('devices.outages')),
      h('ul', { class: 'bare lines' }, off.reverse().slice(0, 100).map((each) =>
      h('li', { class: 'row is-apart' }, when(each.start),
        h('span', { class: 'number' }, each.start + each.length > until - 1 ? t('outages.lasting') : duration(each.length))))))]
}

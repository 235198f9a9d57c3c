// What is seldom wanted of a graph: dates, comparison, pictures, files, the heat map. Loaded when it is.

import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { pause } from '../base/events.js'
import { date, number, zone } from '../base/format.js'
import { t } from '../base/words.js'
import { notify, notifyError } from '../base/notice.js'
import { api } from '../hub/api.js'
import { keys } from '../keys/store.js'
import { keyName, keyText } from '../keys/names.js'
import { isCounter, isState } from './data.js'
import { momentText } from './graph.js'
import { token } from './drawing.js'
import { local } from './ticks.js'
import { dates } from './toolbar.js'

/** @typedef {import('./graph.js').Graph} Graph */

/** @param {HTMLElement} place @param {Graph} graph */
export function showTools(place, graph) {
  /** @param {string} label @param {string[]} values @param {string} chosen @param {(value: any) => void} choose */
  const select = (label, values, chosen, choose) => h('label', null, t(label),
    h('select', { onchange: (/** @type {any} */ event) => choose(event.target.value) },
      values.map((value) => h('option', { value, selected: value === chosen }, t(`${label}.${value || 'none'}`)))))
  /** @param {string} name @param {string} sign @param {() => any} work */
  const button = (name, sign, work) => h('button', { class: 'plain', onclick: () => Promise.resolve(work()).catch(notifyError) }, icon(sign), t(name))
  replace(place, dates(graph), h('div', { class: 'row' },
    select('graph.compare', ['', 'day', 'week', 'year'], graph.view.compare ?? '', (value) => graph.setCompare(value || undefined)),
    graph.keys.length > 1 && select('graph.layout', ['one', 'stacked'], graph.layout, (value) => graph.setLayout(value))),
  h('div', { class: 'row' },
    graph.Chart && button('graph.png', 'download', () => savePicture(graph)), button('graph.csv', 'download', () => saveTable(graph)),
    button('graph.link', 'link', () => copyLink(graph)), button('graph.heat', 'calendar', () => showHeat(graph.below, graph))))
}

/** @param {Blob} content @param {string} name */
function save(content, name) {
  const address = URL.createObjectURL(content)
  h('a', { href: address, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}

/** @param {Graph} graph */
const fileName = (graph) => `${graph.keys[0] ?? 'komoku'}-${local(graph.view.since, zone).toISOString().slice(0, 10)}`

/**
 * Also what was never in sight.
 * @param {Graph} graph
 */
async function drawAll(graph) {
  for (const panel of graph.panels) panel.isSeen = true
  graph.redraw()
  for (let round = 0; round < 100; round++) {
    await pause(50, graph.signal)
    if (graph.panels.every((each) => !each.isDirty && each.element.getAttribute('aria-busy') === 'false')) return
  }
}

/** @param {Graph} graph */
async function savePicture(graph) {
  await drawAll(graph)
  const drawn = graph.panels
  const [width, ratio] = [drawn[0].canvas.clientWidth + 32, devicePixelRatio]
  const heights = drawn.map((each) => each.series.length * 20 + each.canvas.clientHeight + 8)
  const canvas = h('canvas', { width: width * ratio, height: (heights.reduce((a, b) => a + b, 56)) * ratio })
  const brush = canvas.getContext('2d')
  brush.scale(ratio, ratio)
  brush.fillStyle = token('--card')
  brush.fillRect(0, 0, width, canvas.height)
  brush.fillStyle = token('--ink')
  const family = getComputedStyle(document.body).fontFamily
  brush.font = `600 16px ${family}`
  brush.fillText(graph.keys.map(keyName).join(' · '), 16, 24, width - 32)
  brush.font = `13px ${family}`
  brush.fillText(`${momentText(graph.view.since)} – ${momentText(graph.view.until)}${zone ? ` (${zone})` : ''}`, 16, 44, width - 32)
  let top = 56
  for (const panel of drawn) {
    for (const series of panel.series) {
      brush.fillStyle = token(`--series-${series.index % 8 + 1}`)
      brush.fillRect(16, top + 8, 20, 4)
      brush.fillStyle = token('--ink')
      brush.fillText(keyName(series.key), 44, top + 14, width - 60)
      top += 20
    }
    brush.drawImage(panel.canvas, 16, top, panel.canvas.clientWidth, panel.canvas.clientHeight)
    top += panel.canvas.clientHeight + 8
  }
  save(await new Promise((resolve) => canvas.toBlob(resolve)), `${fileName(graph)}.png`)
}

/** @param {Graph} graph */
async function saveTable(graph) {
  const { since, until } = graph.view
  const texts = await Promise.all(graph.keys.map((key) => wholeTable(key, since, until)))
  save(new Blob(texts.map((text, index) => index ? text.slice(text.indexOf('\n') + 1) : text), { type: 'text/csv' }), `${fileName(graph)}.csv`)
}

/** @param {string} key @param {number} since @param {number} until @returns {Promise<string>} */
const wholeTable = (key, since, until) => api('GET', `keys/${encodeURIComponent(key)}/history`, { since, until }, { headers: { Accept: 'text/csv' } })

/** @param {Graph} graph */
async function copyLink(graph) {
  const { since, until, compare } = graph.view
  const query = new URLSearchParams({ keys: graph.keys.join(','), since: since.toFixed(0), until: until.toFixed(0), layout: graph.layout,
    ...compare ? { compare } : {} })
  const address = new URL(`#/graphs?${query}`, document.baseURI).href
  // Without TLS a browser has no clipboard; then the address is there to be copied.
  try { await navigator.clipboard.writeText(address); notify(t('graph.copied')) } catch { prompt(t('graph.link'), address) }
}

/**
 * Hours of the day by days of the week.
 * @param {HTMLElement} place
 * @param {Graph} graph
 */
async function showHeat(place, graph) {
  replace(place, h('p', { class: 'quiet' }, t('graph.loading')))
  const tables = await Promise.all(graph.keys.filter((key) => keys.get(key)?.type !== 'string').slice(0, 12).map(async (key) => {
    try { return heatTable(key, ...await heatFigures(key, graph)) } catch (error) { return h('p', { class: 'quiet' },
      `${keyName(key)}: ${error.message}`) }
  }))
  replace(place, tables)
  place.scrollIntoView({ block: 'nearest' })
}

/** @param {string} key */
const figure = (key) => isCounter(key) ? 'increase' : isState(key) ? 'fraction' : 'time_mean'

/**
 * @param {string} key
 * @param {Graph} graph
 * @returns {Promise<[Map<string, number>, any[], any[]]>} by `weekday hour`, by hour, by weekday
 */
async function heatFigures(key, graph) {
  const until = Math.min(graph.view.until, Date.now() / 1000)
  // The hub makes no more than 10,000 windows at once.
  const range = { since: Math.max(graph.view.since, until - 400 * 86400), until, fields: `${figure(key)},known_time` }
  const path = `keys/${encodeURIComponent(key)}`
  const [hours, byHour, byDay] = await Promise.all([api('GET', `${path}/statistics`, { ...range, step: 'hour' }), api('GET',
    `${path}/profile`, { ...range, by: 'hour' }), api('GET', `${path}/profile`, { ...range, by: 'weekday' })])
  /** @type {Map<string, [number, number]>} */
  const sums = new Map()
  for (const window of hours.windows) {
    const [value, weight] = [window[figure(key)], isCounter(key) ? 1 : window.known_time]
    if (value === null || value === undefined || !weight) continue
    const wall = local(window.start, zone)
    const name = `${(wall.getUTCDay() + 6) % 7 + 1} ${wall.getUTCHours()}`
    const [sum, whole] = sums.get(name) ?? [0, 0]
    sums.set(name, [sum + value * weight, whole + weight])
  }
  return [new Map([...sums].map(([name, [sum, whole]]) => [name, sum / whole])), byHour.buckets, byDay.buckets]
}

/** @param {string} key @param {Map<string, number>} cells @param {any[]} byHour @param {any[]} byDay */
function heatTable(key, cells, byHour, byDay) {
  const values = [...cells.values()]
  const [least, most] = [Math.min(...values), Math.max(...values)]
  /** @param {number | null | undefined} value @param {boolean} [isWhole] */
  const cell = (value, isWhole) => {
    const known = typeof value === 'number' && Number.isFinite(value)
    const share = known && most > least ? (value - least) / (most - least) : 0
    const text = !known ? '' : figure(key) === 'fraction' ? `${number(value * 100, 0)}%` : Math.abs(value) >= 1000 ? number(value,
      0) : number(value, Math.abs(value) < 10 ? 2 : 1)
    return h('td', { class: `number ${known && !isWhole ? `heat-${Math.round(Math.max(0, Math.min(1, share)) * 6)}` : ''}`,
      title: known ? figure(key) === 'fraction' ? text : keyText(key, value) : null }, text)
  }
  const days = [1, 2, 3, 4, 5, 6, 7]
  // The 5th of January 1970 was a Monday.
  const dayName = (/** @type {number} */ day) => new Intl.DateTimeFormat(document.documentElement.lang, { weekday: 'short',
    timeZone: 'UTC' }).format((4 + day - 1) * 86_400_000)
  return h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${t('graph.heat')}: ${keyName(key)}` }, h('table',
    { class: 'heat' }, h('caption', null, t(`graph.heat.${figure(key)}`, { name: keyName(key) })),
    h('thead', null, h('tr', null, h('td'), days.map((day) => h('th', { scope: 'col' }, dayName(day))), h('th', { scope: 'col' },
      isCounter(key) ? t('graph.sum') : t('graph.all')))),
    h('tbody', null, Array.from({ length: 24 }, (_, hour) => h('tr', null, h('th', { scope: 'row' },
      date(hour * 3600 - local(0, zone).getTime() / 1000, { hour: '2-digit', minute: '2-digit' })),
      days.map((day) => cell(cells.get(`${day} ${hour}`))), cell(byHour[hour]?.[figure(key)], true))),
    h('tr', null, h('th', { scope: 'row' }, isCounter(key) ? t('graph.sum') : t('graph.all')),
      days.map((day) => cell(byDay.find((/** @type {any} */ each) => each.weekday === day)?.[figure(key)], true)), h('td')))))
}

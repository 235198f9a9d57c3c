// What the house used, where it came from and what it cost.

import { session } from '../hub/api.js'
import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { every } from '../base/events.js'
import { notify } from '../base/notice.js'
import { keepInAddress } from '../base/router.js'
import { t } from '../base/words.js'
import { Refusal, ask, connection } from '../hub/connection.js'
import { keyName } from '../keys/names.js'
import { drawBars } from './bars.js'
import { dayOf, dayStart, label, slots, windowName } from './calendar.js'
import { amount, cost, isDevice, isElectric, isOutward, money, percent, quantity, series, total } from './meters.js'

/**
 * @typedef {import('./calendar.js').Step} Step
 * @typedef {import('./calendar.js').Slot} Slot
 * @typedef {import('./meters.js').Answer} Answer
 * @typedef {import('./meters.js').Meter} Meter
 * @typedef {import('./meters.js').Row} Row
 * @typedef {{ answer: Answer, all: Slot[], rows: (Row | undefined)[], before: (Row | undefined)[], beforeTotal: Row | null, step: Step }} Shown
 */

/** @type {Step[]} */
const steps = ['hour', 'day', 'week', 'month', 'year']

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, place) {
  place.title(t('nav.energy'))
  const { query, signal } = place
  const by = /** @type {Step} */ (query.get('by'))
  const wish = { step: steps.includes(by) ? by : /** @type {Step} */ ('day'), at: Number(query.get('at')) || Date.now() / 1000,
    isCompared: query.has('compare') }
  const [today, controls, content] = [h('div', { class: 'today' }), h('div', { class: 'row periods' }), h('div', null)]
  main.append(h('h1', null, t('nav.energy')), today, controls, content)
  let turn = 0
  const load = async () => {
    const mine = ++turn
    const shown = await fetchShown(wish)
    // Whoever steps quickly sees where he ended.
    if (mine === turn && !signal.aborted) draw(content, shown)
  }
  const changed = () => {
    keepInAddress({ by: wish.step === 'day' ? null : wish.step, at: isNow(wish) ? null : Math.round(wish.at),
      compare: wish.isCompared ? 1 : null })
    drawControls(controls, wish, changed)
    load().catch((error) => { if (!signal.aborted) notify(error.message, { kind: 'error' }) })
  }
  try {
    await Promise.all([load(), drawToday(today)])
    drawControls(controls, wish, changed)
  } catch (error) {
    if (!hasNone(error)) throw error
    return replace(content, drawEmpty())
  }
  const renew = () => {
    if (connection.state !== 'open') return
    drawToday(today).catch(() => {})
    // Whoever goes along the bars is not disturbed.
    if (isNow(wish) && !content.contains(document.activeElement)) load().catch(() => {})
  }
  every(60_000, renew, signal)
  connection.changed.listen((state) => { if (state === 'open') renew() }, signal)
}

/** @param {{ step: Step, at: number }} wish whether the window is the one of now */
function isNow(wish) { return slots(wish.step, wish.at)[0].since === slots(wish.step, Date.now() / 1000)[0].since }

/**
 * @param {{ step: Step, at: number, isCompared: boolean }} wish
 * @returns {Promise<Shown>}
 */
async function fetchShown({ step, at, isCompared }) {
  const [all, before] = [slots(step, at), slots(step, at, -1)]
  const [answer, earlier] = await Promise.all([fetchRows(step, all), isCompared ? fetchRows(step, before) : null])
  const past = earlier ? inPlaces(before, earlier.rows) : []
  return { answer, all, rows: inPlaces(all, answer.rows), before: past, beforeTotal: earlier && totalOf(past), step }
}

/**
 * @param {Step} by
 * @param {Slot[]} all
 * @returns {Promise<Answer>}
 */
async function fetchRows(by, all) {
  const answer = await ask('energy', { by, since: all[0].since, until: all[all.length - 1].until })
  if (!answer.meters.length) throw new Refusal('not_found')
  // Whoever gave a meter no name shall not read that of its key.
  for (const meter of answer.meters) if (meter.name === meter.id) meter.name = keyName(meter.id)
  return answer
}

/**
 * Whether there are no meters, or the hub does not know any.
 * @param {any} error
 */
function hasNone(error) { return error?.code === 'not_found' || (error?.code === 'invalid_query' && error.message === error.code) }

/**
 * Each row at its place; those of which nothing is known, as those to come, are none.
 * @param {Slot[]} all
 * @param {Row[]} rows
 */
function inPlaces(all, rows) {
  const known = rows.filter((row) => Object.keys(row.values).length)
  return all.map(({ since, until }) => known.find((row) => (row.since + row.until) / 2 > since && (row.since + row.until) / 2 < until))
}

/** @param {(Row | undefined)[]} rows */
const totalOf = (rows) => total(/** @type {Row[]} */ (rows.filter(Boolean)))

/** @param {HTMLElement} place */
async function drawToday(place) {
  const [year, month, day] = dayOf(Date.now() / 1000)
  const slot = { since: dayStart(year, month, day), until: dayStart(year, month, day + 1) }
  const { meters, rows, currency } = await fetchRows('day', [slot])
  const [row] = inPlaces([slot], rows)
  if (!row) return replace(place)
  const unit = meters.find(isElectric)?.unit ?? 'kWh'
  const tile = (/** @type {string} */ name, /** @type {string} */ text) => h('div', { class: 'card' },
    h('dt', { class: 'quiet small' }, name), h('dd', { class: 'number' }, text))
  const others = meters.filter((each) => !isElectric(each) && !isDevice(each))
  const bills = billsOf(meters, row)
  replace(place, h('h2', null, t('energy.today')),
    h('dl', { class: 'tiles' }, row.used !== null && tile(t('energy.used'), quantity(row.used, unit)),
    bills.map(({ name, paid }) => tile(`${t(paid < 0 ? 'energy.earned' : 'energy.cost')}${name && `: ${name}`}`,
      money(Math.abs(paid), currency))),
    series.filter((kind) => amount(meters, row, kind) !== null).map((kind) => tile(t(`energy.${kind}`), quantity(amount(meters, row, kind), unit))),
    row.self_sufficiency !== null && tile(t('energy.own'), percent(row.self_sufficiency)),
      others.map((each) => tile(each.name, quantity(row.values[each.id], each.unit)))))
}

/**
 * What electricity cost, and each other meter; where it is more than one of them, all together.
 * @param {Meter[]} meters
 * @param {Row} row
 * @returns {{ name: string, paid: number }[]} no name: there is nothing else
 */
function billsOf(meters, row) {
  const others = meters.filter((each) => !isElectric(each) && !isDevice(each))
  const all = [{ name: t('energy.electricity'), paid: cost(meters, row, isElectric) },
    ...others.map((meter) => ({ name: meter.name, paid: cost(meters, row, (each) => each === meter) })),
    { name: t('energy.together'), paid: cost(meters, row) }]
  const known = /** @type {{ name: string, paid: number }[]} */ (all.filter((each) => each.paid !== null))
  // Of a single one nothing needs to be added up.
  if (known.length !== 2) return known
  return [{ name: others.length ? known[0].name : '', paid: known[0].paid }]
}

/** @param {HTMLElement} place @param {{ step: Step, at: number, isCompared: boolean }} wish @param {() => void} changed */
function drawControls(place, wish, changed) {
  const focused = /** @type {HTMLElement | null} */ (place.contains(document.activeElement) ? document.activeElement : null)?.dataset.at
  const all = slots(wish.step, wish.at)
  const go = (/** @type {number} */ shift) => () => { wish.at = slots(wish.step, wish.at, shift).slice(-1)[0].since; changed() }
  replace(place, h('div', { class: 'choice', role: 'group', 'aria-label': t('energy.period') },
    steps.map((step) => h('button', { type: 'button', 'data-at': step, 'aria-pressed': String(step === wish.step),
    onclick: () => { wish.step = step; changed() } }, t(`energy.by_${step}`)))),
    h('div', { class: 'row stepper' }, h('button',
      { class: 'plain bare', 'data-at': 'back', 'aria-label': t('energy.back'), onclick: go(-1) }, icon('left')),
      h('b', { 'aria-live': 'polite' }, windowName(wish.step, all)),
      h('button', { class: 'plain bare', 'data-at': 'on', 'aria-label': t('energy.on'), disabled: isNow(wish), onclick: go(1) },
        icon('right')),
      !isNow(wish) && h('button', { class: 'plain', 'data-at': 'now', onclick: () => { wish.at = Date.now() / 1000; changed() } },
        t('energy.now'))),
    h('label', { class: 'is-line' }, h('input', { type: 'checkbox', 'data-at': 'compare', checked: wish.isCompared,
      onchange: (/** @type {any} */ event) => { wish.isCompared = event.target.checked; changed() } }), t('energy.compare')))
  if (focused) /** @type {HTMLElement | null} */ (place.querySelector(`[data-at="${focused}"]`))?.focus()
}

/** @param {HTMLElement} content @param {Shown} shown */
function draw(content, shown) {
  const { meters } = shown.answer
  const faulty = meters.filter((each) => each.fault)
  const others = meters.filter((each) => !isElectric(each) && !isDevice(each))
  replace(content, faulty.length ? h('ul', { class: 'bare stack' },
    faulty.map((each) => h('li', { class: 'fault' }, icon('warning'),
    h('span', null, h('bdi', null, each.name), ': ', h('bdi', null, each.fault))))) : null,
    meters.some(isElectric) || shown.answer.rows.some((row) => row.used !== null) ? drawElectricity(shown) : null,
      meters.some(isDevice) ? drawShares(shown) : null, others.map((each) => drawMeter(each, shown)))
}

/** @param {Shown} shown */
function drawElectricity({ answer, all, rows, before, beforeTotal, step }) {
  const { meters, currency } = answer
  const unit = meters.find(isElectric)?.unit ?? 'kWh'
  const kinds = series.filter((kind) => meters.some((each) => each.kind === kind))
  const parts = (/** @type {Row} */ row) => kinds.length
    ? kinds.map((kind) => ({ series: kind, amount: (amount(meters, row, kind) ?? 0) * (isOutward(kind) ? -1 : 1) }))
    : [{ series: 'grid_in', amount: row.used ?? 0 }]
  const bars = all.map((slot, index) => {
    const [row, earlier] = [rows[index], before[index]]
    const words = row ? [row.used !== null && `${t('energy.used')} ${quantity(row.used, unit)}`,
      ...kinds.map((kind) => `${t(`energy.${kind}`)} ${quantity(amount(meters, row, kind), unit)}`),
      cost(meters, row, isElectric) !== null && money(cost(meters, row, isElectric), currency),
      earlier && `${t('energy.before')} ${quantity(earlier.used, unit)}`].filter(Boolean).join(', ') : t('energy.nothing')
    return { label: label(step, slot), text: `${label(step, slot, true)}: ${words}`, parts: row ? parts(row) : [],
      before: earlier ? parts(earlier).reduce((sum, each) => sum + Math.max(0, each.amount), 0) : null }
  })
  const sum = totalOf(rows)
  /** @type {[string, (row: Row) => string][]} */
  const columns = [[t('energy.used'), (row) => quantity(row.used, unit)],
    ...kinds.map((kind) => /** @type {[string, (row: Row) => string]} */ ([t(`energy.${kind}`),
    (row) => quantity(amount(meters, row, kind), unit)]))]
  if (sum.self_sufficiency !== null) columns.push([t('energy.own'), (row) => percent(row.self_sufficiency)])
  if (cost(meters, sum, isElectric) !== null) columns.push([t('energy.cost'), (row) => money(cost(meters, row, isElectric), currency)])
  return h('section', null, h('h2', null, t('energy.electricity'), h('span', { class: 'quiet small' }, ` ${unit}`)),
    drawBars(bars, t('energy.electricity')),
    h('ul', { class: 'bare row legend small' }, kinds.map((kind) => h('li', null,
      h('span', { class: `swatch is-${kind}`, 'aria-hidden': 'true' }), t(`energy.${kind}`)))),
      drawTable(t('energy.electricity'), columns, all, rows, step, sum, beforeTotal))
}

/**
 * @param {string} name
 * @param {[string, (row: Row) => string][]} columns
 * @param {Slot[]} all
 * @param {(Row | undefined)[]} rows
 * @param {Step} step
 * @param {Row} sum
 * @param {Row | null} before
 */
function drawTable(name, columns, all, rows, step, sum, before) {
  const line = (/** @type {string} */ name, /** @type {Row} */ row) => h('tr', null, h('th', { scope: 'row' }, name),
    columns.map(([, text]) => h('td', { class: 'number' }, text(row))))
  const body = all.flatMap((slot, index) => rows[index]
    ? [line(label(step, slot, true) + (isWhole(rows[index]) ? '' : ' *'), /** @type {Row} */ (rows[index]))] : []).reverse()
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `${name}: ${t('energy.table')}` },
    h('table', null, h('thead', null, h('tr', null, h('th', { scope: 'col' }, t(`energy.${step}`)),
    columns.map(([name]) => h('th', { scope: 'col', class: 'number' }, name)))),
    h('tbody', { class: 'sums' }, line(t('energy.total'), sum), before && line(t('energy.before'), before)), h('tbody', null, body)),
      rows.every((row) => isWhole(row)) ? null : h('p', { class: 'quiet small' }, t('energy.missing')))
}

/** @param {Row | undefined} row whether all of it is known */
function isWhole(row) { return !Object.keys(row?.missing ?? {}).length }

/** @param {number} share */
function gauge(share) {
  const filled = h('span', null)
  filled.style.width = `${Math.min(100, share * 100)}%`
  return h('span', { class: 'gauge', 'aria-hidden': 'true' }, filled)
}

/** @param {Shown} shown */
function drawShares({ answer, rows, beforeTotal }) {
  const sum = totalOf(rows)
  // Shares are of the time of which it is known what was used in all.
  const known = totalOf(rows.filter((row) => typeof row?.used === 'number'))
  const split = totalOf(rows.filter((row) => typeof row?.used === 'number' && typeof row.unaccounted === 'number'))
  const measured = known.used === null ? sum : known
  const devices = answer.meters.filter(isDevice)
  const parts = (/** @type {Row} */ row) => devices.reduce((all, each) => all + (row.values[each.id] ?? 0), 0)
  const whole = Math.max(known.used ?? 0, parts(measured)) || 1
  const all = devices.map((each) => ({ name: each.name, value: sum.values[each.id] ?? 0, unit: each.unit,
    share: (measured.values[each.id] ?? 0) / whole, before: beforeTotal?.values[each.id], paid: sum.cost[each.id] }))
    .sort((a, b) => b.value - a.value)
  const rest = sum.unaccounted
  const restShare = Math.max(0, split.unaccounted ?? 0) / (Math.max(split.used ?? 0, parts(split)) || 1)
  const lines = [...all, ...(rest !== null ? [{ name: t('energy.unaccounted'), value: Math.max(0, rest), unit: all[0]?.unit ?? 'kWh',
    share: restShare, before: beforeTotal?.unaccounted, paid: undefined }] : [])]
  return h('section', null, h('h2', null, t('energy.devices')),
    h('ul', { class: 'bare shares' }, lines.map((each) => h('li', null, h('bdi', null, each.name), gauge(each.share),
    h('span', { class: 'number' }, percent(each.share)), h('span', { class: 'number' }, quantity(each.value, each.unit)),
    h('span', { class: 'number quiet' }, typeof each.paid === 'number' ? money(each.paid, answer.currency) : '',
      typeof each.before === 'number' && ` (${t('energy.before')} ${quantity(each.before, each.unit)})`)))))
}

/** @param {Meter} meter of water or gas, in its unit @param {Shown} shown */
function drawMeter(meter, { answer, all, rows, before, beforeTotal, step }) {
  const of = (/** @type {Row | null | undefined} */ row) => row?.values[meter.id] ?? null
  const text = (/** @type {Row | undefined} */ row) => row ? quantity(of(row), meter.unit) : t('energy.nothing')
  const bars = all.map((slot, index) => ({ label: label(step, slot),
    text: `${label(step, slot, true)}: ${text(rows[index])}${before[index] ? `, ${t('energy.before')} ${text(before[index])}` : ''}`,
    parts: [{ series: meter.kind === 'gas' ? 'gas' : 'water', amount: of(rows[index]) ?? 0 }], before: of(before[index]) }))
  const sum = totalOf(rows)
  /** @type {[string, (row: Row) => string][]} */
  const columns = [[meter.name, (row) => quantity(of(row), meter.unit)]]
  if (typeof sum.cost[meter.id] === 'number') columns.push([t('energy.cost'), (row) => money(row.cost?.[meter.id], answer.currency)])
  return h('section', null, h('h2', null, h('bdi', null, meter.name), h('span', { class: 'quiet small' }, ` ${meter.unit}`)),
    drawBars(bars, meter.name),
    h('details', null, h('summary', null, `${t('energy.table')}: ${quantity(of(sum), meter.unit)}`),
      drawTable(meter.name, columns, all, rows, step, sum, beforeTotal)))
}

const example = `energy:
  currency: EUR
  grid: {in: meter.in, out: meter.out}
  solar: [inverter.energy]
  battery: {in: battery.charged, out: battery.discharged}
  water: [{key: water.total, price: 4.2}]
  devices: [{key: washer.energy.total, name: Washer}]
  price: {hours: {"22:00-06:00": 0.21, otherwise: 0.33}}
  feed_in: {fixed: 0.08}
`

/** What there is to do before there is something to see. */
function drawEmpty() {
  // Who may not see every key is told nothing of what the configuration lacks.
  if (!session?.admin) return h('p', { class: 'empty' }, t('energy.hidden'))
  return h('div', { class: 'card stack' }, h('p', null, t('energy.empty')), h('pre', { class: 'payload', tabindex: 0 }, example),
    h('div', null, h('button', { class: 'plain', onclick: async () => {
    try { await navigator.clipboard.writeText(example); notify(t('energy.copied')) } catch { notify(t('energy.not_copied'),
      { kind: 'error' }) }
  } }, t('energy.copy'))), h('p', { class: 'quiet' }, t('energy.then')))
}

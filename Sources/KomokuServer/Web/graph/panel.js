// One canvas: lines with what they span, bars of counters, or the states of a key, over the time axis that all panels share.

import { h, replace, s, setText } from '../base/dom.js'
import { date, duration, moment, number, zone } from '../base/format.js'
import { t } from '../base/words.js'
import { keyAddress, keyForm, keyName, keyText } from '../keys/names.js'
import { helperOf } from '../keys/made.js'
import { keys } from '../keys/store.js'
import { Refusal } from '../hub/connection.js'
import { bounded, colour, drawBand, drawBars, drawStates, hatch, token } from './drawing.js'
import { barStep, isCounter, isState, shownRows } from './data.js'
import { later, ticks } from './ticks.js'

/**
 * @typedef {import('./data.js').Row} Row
 * @typedef {object} View what is seen
 * @property {number} since
 * @property {number} until
 * @property {boolean} live it ends now and follows
 * @property {string} [compare] `day`, `week`, `year`: what was then, too
 * @property {{ start: number, end: number | null }[]} [outages]
 * @property {{ time: number, text?: string }[]} [marks]
 *
 * @typedef {object} Series
 * @property {string} key
 * @property {number} index of its colour
 * @property {Row[]} rows
 * @property {Row[]} [before] of the time that is compared
 * @property {number} level
 * @property {HTMLElement} reading
 */

/** Width of an axis of values: the same for all, so that times stand one below the other. */
export const axisWidth = 60
const dashes = [[], [8, 3], [2, 2], [9, 3, 2, 3]]

/**
 * The ninth has the colour of the first, but not its dashes.
 * @param {number} index
 */
const dashOf = (index) => dashes[(index + Math.floor(index / 8)) % 4]

/** @type {Promise<any> | undefined} */
let loading

/**
 * Chart.js, loaded when the first graph is shown.
 * @returns {Promise<any>}
 * @throws {Refusal} with the hub's sentence where it is missing
 */
export function loadChart() {
  return loading ??= new Promise((resolve, reject) => {
    const source = new URL('../chart.js', import.meta.url).href
    document.head.append(h('script', { src: source, onload: () => resolve(/** @type {any} */ (window).Chart), onerror: async () => {
      loading = undefined
      const answer = await fetch(source).then((each) => each.json()).catch(() => null)
      reject(new Refusal('not_found', answer?.detail ?? t('graph.missing')))
    } }))
  })
}

/**
 * The rows of a range, with one on each side that leads out of it.
 * @param {Row[]} rows
 * @param {number} since
 * @param {number} until
 */
export function cut(rows, since, until) {
  return rows.slice(Math.max(0, find(rows, since)), find(rows, until) + 2)
}

/**
 * The last row that is no later; -1 where there is none.
 * @param {Row[]} rows
 * @param {number} time
 */
export function find(rows, time) {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (rows[middle].x <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}

/**
 * What a series was at a time: what held, of buckets the one around it.
 * @param {Row[]} rows
 * @param {number} time
 * @returns {Row | undefined}
 */
export function at(rows, time) {
  const index = find(rows, time)
  const [here, following] = [rows[index], rows[index + 1]]
  if (following?.since !== undefined && following.since <= time) return following
  return here?.until !== undefined && here.until < time && following ? undefined : here
}

/** @param {import('./ticks.js').Tick} tick */
function tickText({ time, kind }) {
  if (kind === 'year') return date(time, { year: 'numeric' })
  if (kind === 'month') return date(time, { month: 'short' })
  if (kind === 'day') return date(time, { day: 'numeric', month: 'short' })
  return date(time, kind === 'minute' ? { hour: '2-digit', minute: '2-digit' } : { minute: '2-digit', second: '2-digit' })
}

export class Panel {
  /** @type {any} */
  #chart = null
  /** @type {View} */
  #view = { since: 0, until: 1, live: false }
  isSeen = false
  isDirty = true

  /**
   * @param {string[]} names keys
   * @param {number} first index of its first colour
   * @param {number} axes how many stand on the right of the panel that has most
   * @param {any} Chart null where it is missing
   */
  constructor(names, first, axes, Chart) {
    this.Chart = Chart
    this.axes = axes
    /** @type {Series[]} */
    this.series = names.map((key, index) => ({ key, index: first + index, rows: [], level: 0, reading: h('b', { class: 'number graph-reading' }) }))
    this.isState = isState(names[0])
    this.canvas = h('canvas')
    this.cursor = h('div', { class: 'graph-cursor', hidden: true })
    this.selection = h('div', { class: 'graph-selection', hidden: true })
    this.note = h('p', { class: 'graph-note quiet' })
    this.plot = h('div', { class: `graph-plot ${this.isState ? 'is-state' : ''}` }, this.canvas, this.cursor, this.selection, this.note)
    this.element = h('div', { class: 'graph-panel', 'aria-busy': 'true' }, h('ul', { class: 'bare graph-legend' },
      this.series.map((each) => this.#legend(each))), Chart && this.plot)
    /** @type {string[]} */
    this.units = []
    for (const { key } of this.series) if (!this.isState && !this.units.includes(axisOf(key))) this.units.push(axisOf(key))
  }

  /** @param {Series} series */
  #legend(series) {
    const mark = s('svg', { class: 'graph-swatch', viewBox: '0 0 24 8', 'aria-hidden': 'true' },
      s('path', { d: 'M0 4h24', class: `series-${series.index % 8 + 1}`, 'stroke-dasharray': dashOf(series.index).join(' ') }))
    return h('li', null, !this.isState && mark, h('a', { href: keyAddress(series.key) }, h('bdi', null, keyName(series.key))), series.reading)
  }

  get width() { return this.plot.clientWidth - axisWidth * (1 + this.axes) - 8 }
  /** Where its times begin and end, in pixels of the plot. */
  get area() {
    const left = this.isState || this.units.length ? axisWidth : 0
    return { left, right: left + Math.max(1, this.width) }
  }

  /**
   * Draws what is known; says what is to be loaded.
   * @param {View} view
   */
  draw(view) {
    this.isDirty = false
    this.#view = view
    const width = Math.max(100, this.width)
    let isEmpty = true
    /** @type {{ key: string, level: number, since: number, until: number, width: number }[]} */
    const wanted = []
    for (const series of this.series) {
      const found = shownRows(series.key, view.since, view.until, width)
      if (found.wanted !== null) wanted.push({ key: series.key, level: found.wanted, since: view.since, until: view.until, width })
      series.rows = found.rows
      series.level = found.level
      series.before = undefined
      if (view.compare && !this.isState) this.#compare(series, view, width, wanted)
      if (cut(found.rows, view.since, view.until).some((row) => row.y === row.y && (row.since ?? row.x) <= view.until)) isEmpty = false
    }
    setText(this.note, !isEmpty ? '' : wanted.length ? t('graph.loading') : t('graph.none'))
    this.element.setAttribute('aria-busy', String(wanted.length > 0))
    this.#show(view)
    return wanted
  }

  /** @param {Series} series @param {View} view @param {number} width @param {any[]} wanted */
  #compare(series, view, width, wanted) {
    const step = /** @type {import('./ticks.js').Step} */ ({ unit: view.compare, count: 1 })
    const [since, until] = [later(view.since, step, -1, zone), later(view.until, step, -1, zone)]
    const found = shownRows(series.key, since, until, width)
    if (found.wanted !== null) wanted.push({ key: series.key, level: found.wanted, since, until, width })
    // The same time of the clock, also where the clocks were changed between.
    const isEven = view.until - until === view.since - since
    /** @param {number | undefined} time */
    const move = (time) => time === undefined ? time : isEven ? time + view.since - since : later(time, step, 1, zone)
    series.before = cut(found.rows, since, until).map((row) => ({ ...row, x: /** @type {number} */ (move(row.x)), since: move(row.since),
      until: move(row.until) }))
  }

  /** @param {View} view */
  #show(view) {
    if (!this.Chart) return
    const chart = this.#chart ??= new this.Chart(this.canvas, this.#config())
    const { scales } = chart.options
    scales.x.min = view.since
    scales.x.max = view.until
    chart.data.datasets = this.isState ? [] : this.series.flatMap((series) => isCounter(series.key) ? [] : [this.#dataset(series, series.rows,
      false), ...series.before ? [this.#dataset(series, series.before, true)] : []])
    for (const [index, unit] of this.units.entries()) {
      const scale = scales[`y${index}`]
      scale.suggestedMin = scale.suggestedMax = undefined
      if (unit.endsWith(eachWord())) scale.title.text = `${unit.slice(0, -eachWord().length)} ${stepText(barStep(view.until - view.since, this.width))}`
      for (const series of this.series) {
        if (axisOf(series.key) !== unit) continue
        const isBars = isCounter(series.key)
        if (isBars) scale.suggestedMin = 0
        for (const { y, low = isBars ? y : NaN, high = low } of cut(series.rows, view.since, view.until).concat(isBars ? series.before ?? [] : [])) {
          if (low < (scale.suggestedMin ?? Infinity)) scale.suggestedMin = bounded(low)
          if (high > (scale.suggestedMax ?? -Infinity)) scale.suggestedMax = bounded(high)
        }
      }
    }
    chart.update('none')
  }

  /** @param {Series} series @param {Row[]} rows @param {boolean} isBefore */
  #dataset(series, rows, isBefore) {
    const { since, until } = this.#view
    const seen = cut(rows, since, until)
    const border = `${colour(series.index)}${isBefore ? '80' : ''}`
    const extent = seen.length > 1 ? (seen[seen.length - 1].x - seen[0].x) / (until - since) * this.width : 0
    const isFew = series.level === 0 && seen.length < extent / 12
    return {
      data: seen.map((row) => ({ x: row.x, y: bounded(row.y) })), yAxisID: `y${this.units.indexOf(axisOf(series.key))}`, borderColor: border,
        backgroundColor: border,
      borderWidth: isBefore ? 1 : 1.75, borderDash: dashOf(series.index), pointRadius: !isBefore && (isFew || seen.length === 1) ? 2 : 0,
      stepped: series.level === 0 && !!keys.get(series.key)?.writable,
    }
  }

  #config() {
    const [ink, line] = [token('--soft'), token('--line')]
    const font = { family: getComputedStyle(document.body).fontFamily, size: 12 }
    /** @type {Record<string, any>} */
    const scales = {
      x: {
        type: 'linear', grid: { color: line, borderColor: line }, afterFit: (/** @type {any} */ axis) => { axis.paddingLeft = axis.paddingRight = 0 },
        afterBuildTicks: (/** @type {any} */ axis) => { axis.ticks = ticks(axis.min, axis.max, Math.max(2, this.width / 64),
          zone).map((each) => ({ ...each, value: each.time })) },
        ticks: { color: ink, font, autoSkip: false, maxRotation: 0, callback: (/** @type {any} */ _, /** @type {number} */ index, /** @type {any[]} */ all) => {
            // The last one is not cut by the edge.
            const { since, until } = this.#view
            return (until - all[index].time) / (until - since) * this.width < 14 ? '' : tickText(all[index])
          } },
      },
    }
    // When timers end is a time, in seconds.
    const areTimes = this.series.every(({ key }) => key.endsWith('.ends') && helperOf(key))
    for (const [index, unit] of (this.isState ? [''] : this.units).entries()) {
      scales[`y${index}`] = {
        type: 'linear', position: index ? 'right' : 'left', display: !this.isState || 'auto', grid: { color: line, borderColor: line,
          tickLength: 4, drawOnChartArea: !index && !this.isState }, grace: unit.endsWith(eachWord()) ? 0 : '4%',
        afterFit: (/** @type {any} */ axis) => { axis.width = axisWidth }, title: { display: !!unit, text: unit, color: ink, font,
          padding: 0 }, beginAtZero: false,
        ticks: { color: ink, font, maxTicksLimit: 6, display: !this.isState,
          callback: (/** @type {number} */ value, /** @type {number} */ _, /** @type {any[]} */ all) => areTimes ? timeText(value, all) : number(value) },
      }
    }
    const right = this.axes - Math.max(0, this.units.length - 1)
    return {
      type: 'line', data: { datasets: [] },
      options: { animation: false, maintainAspectRatio: false, parsing: false, normalized: true, events: [], scales,
        layout: { padding: { right: 8 + right * axisWidth, top: 4 } }, plugins: { legend: { display: false }, tooltip: { enabled: false } } },
      plugins: [{ id: 'komoku', beforeDatasetsDraw: (/** @type {any} */ chart) => this.#ground(chart),
        afterDatasetsDraw: (/** @type {any} */ chart) => this.#marks(chart) }],
    }
  }

  /**
   * What lies below the lines: outages, spans of buckets, states.
   * @param {any} chart
   */
  #ground({ ctx, chartArea: area, scales }) {
    const { since, until, outages = [] } = this.#view
    /** @param {number} time */
    const x = (time) => Math.max(area.left, Math.min(area.right, scales.x.getPixelForValue(time)))
    ctx.save()
    ctx.beginPath()
    ctx.rect(area.left, area.top, area.right - area.left, area.bottom - area.top)
    ctx.clip()
    ctx.fillStyle = hatch(ctx, token('--line-strong'))
    for (const each of outages) {
      const end = each.end ?? Date.now() / 1000
      if (each.start < until && end > since) ctx.fillRect(x(each.start), area.top, Math.max(1, x(end) - x(each.start)), area.bottom - area.top)
    }
    for (const series of this.series) {
      if (this.isState) drawStates(ctx, series, cut(series.rows, since, until), area, x, until)
      else {
        const y = scales[`y${this.units.indexOf(axisOf(series.key))}`]
        if (!isCounter(series.key)) { drawBand(ctx, cut(series.rows, since, until), y, scales.x, colour(series.index)); continue }
        drawBars(ctx, cut(series.rows, since, until), y, x, colour(series.index), false)
        if (series.before) drawBars(ctx, series.before, y, x, colour(series.index), true)
      }
    }
    ctx.restore()
  }

  /** @param {any} chart */
  #marks({ ctx, chartArea: area, scales }) {
    ctx.save()
    ctx.strokeStyle = ctx.fillStyle = token('--info')
    for (const { time } of this.#view.marks ?? []) {
      if (time < this.#view.since || time > this.#view.until) continue
      const x = scales.x.getPixelForValue(time)
      ctx.beginPath()
      ctx.moveTo(x, area.bottom)
      ctx.lineTo(x, area.top + 8)
      ctx.stroke()
      ctx.fillRect(x - 4, area.top, 8, 8)
    }
    ctx.restore()
  }

  /**
   * Shows what was at a time; without one the newest.
   * @param {number | null} time
   * @returns {string[]} in words
   */
  read(time) {
    const { since, until } = this.#view
    const isShown = time !== null && time >= since && time <= until
    this.cursor.hidden = !isShown
    if (isShown) this.cursor.style.transform = `translateX(${this.area.left + (time - since) / (until - since) * (this.area.right - this.area.left)}px)`
    return this.series.map((series) => {
      const row = time === null ? undefined : at(series.rows, time)
      const before = time === null || !series.before ? undefined : at(series.before, time)
      const text = time === null ? keyText(series.key, keys.get(series.key)?.value) + (keys.get(series.key)?.stale ? ` (${t('value.stale')})` : '') : rowText(series.key, row)
      setText(series.reading, before ? t('graph.then', { now: text, before: rowText(series.key, before) }) : text)
      return `${keyName(series.key)}: ${series.reading.textContent}`
    })
  }

  /** Colours are those of the page. */
  recolour() {
    this.#chart?.destroy()
    this.#chart = null
    this.isDirty = true
  }

  end() { this.#chart?.destroy() }
}

/**
 * A row in words.
 * @param {string} key
 * @param {Row | undefined} row
 * @param {boolean} [isShort] without since when
 */
export function rowText(key, row, isShort = false) {
  if (!row || row.y !== row.y) return t('value.none')
  if (!isState(key) || (isShort && row.since === undefined)) return keyText(key, row.y)
  if (row.since === undefined) return t(keys.get(key)?.opts.event ? 'graph.happened' : 'graph.held', { value: keyText(key, row.y),
    since: moment(row.x) })
  if (keys.get(key)?.type === 'string') return row.mixed ? t('graph.mostly', { value: keyText(key, row.y) }) : keyText(key, row.y)
  return row.y === 1 || row.y === 0 ? keyText(key, row.y === 1) : `${keyText(key, true)} ${number(row.y * 100, 0)}\u202f%`
}

const eachWord = () => ` ${t('graph.increase')}`
/** @param {import('./ticks.js').Step} step */
const stepText = ({ unit, count }) => count === 1 ? t(`graph.per.${unit}`) : `/ ${unit === 'hour' ? duration(3600 * count) : unit === 'day' ? duration(86400 * count) : `${count} ${t(`graph.${unit}`)}`}`
/**
 * A time on an axis of times: days where it spans days, else what clocks show.
 * @param {number} time
 * @param {any[]} all ticks
 */
const timeText = (time, all) => date(time, Math.abs(all[all.length - 1].value - all[0].value) < 2 * 86400
  ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' })

/** @param {string} key */
const axisOf = (key) => (keyForm(key).unit ?? '') + (isCounter(key) ? eachWord() : '')

/**
 * The same as a table: for who does not see it, and where no graph can be drawn.
 * @param {HTMLElement} place
 * @param {Panel[]} panels
 * @param {View} view
 */
export function drawTable(place, panels, view) {
  const series = panels.flatMap((each) => each.series)
  const times = ticks(view.since, view.until, 30, zone)
  replace(place, h('table', null,
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('graph.time')),
      series.map((each) => h('th', { scope: 'col', class: 'number' }, h('bdi', null, keyName(each.key)))))),
    h('tbody', null, times.map(({ time }) => h('tr', null, h('th', { scope: 'row' }, date(time, { dateStyle: 'medium', timeStyle: 'short' })),
      series.map((each) => h('td', { class: 'number' }, rowText(each.key, at(each.rows, time), true))))))))
}

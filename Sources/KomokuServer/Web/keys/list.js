// All keys, for who wants to see them. Only the rows in sight are there: a house may have thousands.

import { h, replace, setText } from '../base/dom.js'
import { ago, fullMoment, number } from '../base/format.js'
import { beforeNextFrame, every } from '../base/events.js'
import { t } from '../base/words.js'
import { keepInAddress } from '../base/router.js'
import { keyAddress, keyName, keyText } from './names.js'
import { keys, listed, watch } from './store.js'

/** Height of a row; the sheet has the same. */
const height = 56
const types = ['numeric', 'counter', 'boolean', 'uptime', 'string']

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export function show(main, { query, signal, title }) {
  title(t('keys.title'))
  const search = h('input', { type: 'search', value: query.get('match') ?? '', 'aria-label': t('keys.filter'), placeholder: t('keys.filter'),
    oninput: () => filter() })
  const type = h('select', { 'aria-label': t('keys.type'), onchange: () => filter() }, h('option', { value: '' }, t('keys.type.all')),
    types.map((each) => h('option', { value: each, selected: query.get('type') === each }, t(`keys.type.${each}`))))
  const count = h('p', { class: 'quiet number', role: 'status' })
  const [rows, body] = [h('div', { class: 'key-rows', role: 'rowgroup' }), h('div',
    { class: 'key-table', role: 'table', 'aria-label': t('keys.title') })]
  const heads = ['keys.name', 'keys.value', 'keys.since', 'keys.type']
  replace(body, h('div', { role: 'rowgroup' }, h('div', { class: 'key-row key-head', role: 'row' },
    heads.map((each) => h('span', { role: 'columnheader' }, t(each))))), rows)
  main.append(h('h1', null, t('keys.title')), h('div', { class: 'row' }, search, type), count, body)

  /** @type {string[]} */
  let names = []
  /** @type {Map<string, { row: HTMLElement, controller: AbortController }>} */
  const drawn = new Map()
  const draw = () => {
    if (signal.aborted) return
    const top = Math.max(0, -rows.getBoundingClientRect().top)
    const first = Math.max(0, Math.floor(top / height) - 8)
    const wanted = new Set(names.slice(first, first + Math.ceil(innerHeight / height) + 16))
    for (const [name, { row, controller }] of drawn) if (!wanted.has(name) && !row.contains(document.activeElement)) { controller.abort(); row.remove(); drawn.delete(name) }
    let index = first
    /** @type {Element | null} */
    let previous = null
    for (const name of wanted) {
      let each = drawn.get(name)
      if (!each) { drawn.set(name, each = keyRow(name)); rows.insertBefore(each.row, previous ? previous.nextSibling : rows.firstChild) }
      previous = each.row
      each.row.style.transform = `translateY(${index * height}px)`
      each.row.setAttribute('aria-rowindex', String(++index + 1))
    }
  }
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    names = [...keys.values()].filter((key) => (!type.value || key.type === type.value) && words.every((/** @type {string} */ each) => `${key.name} ${keyName(key.name)}`.toLowerCase().includes(each))).map((key) => key.name).sort()
    rows.style.height = `${names.length * height}px`
    body.setAttribute('aria-rowcount', String(names.length + 1))
    setText(count, names.length ? t('keys.count', { count: names.length,
      number: number(names.length) }) : keys.size ? t('keys.none') : t('keys.empty'))
    keepInAddress({ match: search.value || null, type: type.value || null })
    draw()
  }
  listed.listen(filter, signal)
  for (const event of ['scroll', 'resize']) addEventListener(event, () => beforeNextFrame(draw), { signal, passive: true })
  signal.addEventListener('abort', () => { for (const { controller } of drawn.values()) controller.abort() }, { once: true })
  filter()
  beforeNextFrame(draw)
}

/** @param {string} name */
function keyRow(name) {
  const controller = new AbortController()
  const [value, since, type] = [h('span', { role: 'cell', class: 'number' }), h('span', { role: 'cell', class: 'number quiet' }), h('span',
    { role: 'cell', class: 'quiet' })]
  const row = h('div', { class: 'key-row', role: 'row' }, h('span', { role: 'cell' }, h('a', { href: keyAddress(name) },
    h('bdi', null, keyName(name))), h('bdi', { class: 'code quiet' }, name)), value, since, type)
  const tell = () => {
    const key = keys.get(name)
    if (!key) return
    setText(value, keyText(name, key.value))
    setText(since, key.time ? `${ago(key.time)}${key.stale ? `, ${t('value.stale')}` : ''}` : t('value.unknown'))
    since.title = key.time ? fullMoment(key.time) : ''
    setText(type, t(`keys.type.${key.type}`))
  }
  watch(name, tell, controller.signal)
  every(30_000, tell, controller.signal)
  return { row, controller }
}

// Graphs of any keys; some that are kept by name.

import { h, replace, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { t } from '../base/words.js'
import { confirm, notify, notifyError } from '../base/notice.js'
import { keepInAddress, link } from '../base/router.js'
import { changeDocument, loadDocument } from '../hub/documents.js'
import { keys, listed } from '../keys/store.js'
import { byKey } from '../devices/store.js'
import { isRare, keyName, keyText } from '../keys/names.js'
import { graph } from './graph.js'

/**
 * @typedef {object} Saved
 * @property {string} name
 * @property {string[]} keys
 * @property {number | null} since
 * @property {number | null} until
 * @property {'one' | 'stacked'} layout
 * @property {string | null} compare
 */

const mostShown = 60

/** @param {string | null} text */
const time = (text) => text && Number.isFinite(Number(text)) ? Number(text) : null

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, { query, signal, title }) {
  title(t('nav.graphs'))
  const chosen = (query.get('keys') ?? '').split(',').filter(Boolean)
  const [saved, keeper, drawn] = [h('div'), h('div', { class: 'graph-keeper' }), h('div')]
  const empty = h('p', { class: 'empty', hidden: chosen.length > 0 }, t('graph.choose.empty'))
  /** @type {import('./graph.js').Graph | undefined} */
  let shown
  const keep = () => { const { keys: names, since, until, layout, compare } = state(); keepInAddress({ keys: names.join(',') || null, since,
    until, layout: names.length > 1 ? layout : null, compare }) }
  /** @returns {Omit<Saved, 'name'>} */
  const state = () => {
    const { view, layout } = shown ?? { view: /** @type {import('./panel.js').View} */ ({ since: 0, until: 86400, live: true }), layout: 'one' }
    return { keys: chosen, ...range(view), layout: /** @type {any} */ (layout), compare: view.compare ?? null }
  }
  const begin = async () => {
    if (!shown) shown = await graph(drawn, {
      keys: chosen, since: time(query.get('since')), until: time(query.get('until')),
        layout: query.get('layout') === 'stacked' ? 'stacked' : 'one', compare: query.get('compare'), onchange: keep,
    }, signal)
    else shown.setKeys(chosen)
  }
  main.append(h('div', { class: 'row is-apart' }, h('h1', null, t('nav.graphs')), h('a', { href: '#/keys' }, t('keys.all'))),
    saved, chooser(chosen, signal, async () => {
      empty.hidden = chosen.length > 0
      drawn.hidden = keeper.hidden = !chosen.length
      keep()
      await begin().catch(notifyError)
    }), empty, drawn, keeper)
  drawn.hidden = keeper.hidden = !chosen.length
  showSaved(saved, keeper, state, signal)
  if (chosen.length) await begin()
}

/**
 * A range as the address has it: what follows is so long before now.
 * @param {{ since: number, until: number, live: boolean }} view
 */
export const range = (view) => view.live ? { since: Math.round(view.since - view.until), until: null } : { since: Math.round(view.since),
  until: Math.round(view.until) }

/**
 * @param {HTMLElement} place
 * @param {HTMLElement} keeper where what is shown is kept
 * @param {() => Omit<Saved, 'name'>} state what is shown now
 * @param {AbortSignal} signal
 */
async function showSaved(place, keeper, state, signal) {
  /** @param {Saved[]} all */
  const draw = (all) => replace(place, h('div', { class: 'row graph-saved' }, all.map((each) => h('span', { class: 'row' },
    h('a', { class: 'button plain', href: link('/graphs', { ...each, name: null, keys: each.keys.join(',') }) }, h('bdi', null, each.name)),
    h('button', { class: 'bare', 'aria-label': t('graph.forget', { name: each.name }), onclick: async () => {
      if (await confirm(t('graph.forget.sure', { name: each.name }),
        t('action.delete'))) change((list) => list.filter((other) => other.name !== each.name))
    } }, icon('close'))))))
  replace(keeper, h('form', { class: 'row', onsubmit: (/** @type {any} */ event) => {
    event.preventDefault()
    const name = new FormData(event.target).get('name')?.toString().trim()
    const now = state()
    if (!name) return
    change((list) => [...list.filter((other) => other.name !== name), { name, ...now }]).then(() => notify(t('graph.kept', { name })))
  } }, h('label', null, h('span', { class: 'unseen' }, t('graph.name')), h('input',
    { name: 'name', placeholder: t('graph.name'), maxlength: 60, required: true })), h('button', { class: 'plain' }, t('graph.keep'))))
  /** @param {(list: Saved[]) => Saved[]} work */
  const change = async (work) => {
    try { draw(await changeDocument('graphs', [], work)) } catch (error) { notifyError(error) }
  }
  const all = await loadDocument('graphs', [])
  if (!signal.aborted) draw(Array.isArray(all) ? all : [])
}

/**
 * What a device tells of itself: its battery, its signal.
 * @param {string} name
 */
const isTold = (name) => { const property = byKey.get(name)?.[1]; return !!property && isRare(property) }

/**
 * @param {string[]} chosen is changed
 * @param {AbortSignal} signal
 * @param {() => void} onchange
 */
function chooser(chosen, signal, onchange) {
  const [list, count] = [h('ul', { class: 'bare choose' }), h('span')]
  const search = h('input', { type: 'search', 'aria-label': t('graph.search'), placeholder: t('graph.search'), oninput: () => draw() })
  const draw = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean)
    /** @param {string} name */
    const fits = (name) => { const text = `${keyName(name)} ${name}`.toLowerCase(); return words.every((/** @type {string} */ each) => text.includes(each)) }
    // What a device tells of itself comes last.
    const rank = (/** @type {string} */ name) => `${isTold(name) ? 1 : 0}${keyName(name)}`
    const found = [...keys.keys()].filter((name) => !chosen.includes(name) && fits(name)).map((name) => [rank(name), name]).sort(([a],
      [b]) => a < b ? -1 : 1)
    const names = [...chosen, ...found.slice(0, mostShown).map(([, name]) => name)]
    replace(list, names.map((name) => h('li', null, h('label', { class: 'is-line' }, h('input',
      { type: 'checkbox', checked: chosen.includes(name), onchange: (/** @type {any} */ event) => {
      if (event.target.checked) chosen.push(name)
      else chosen.splice(chosen.indexOf(name), 1)
      tell()
      onchange()
    } }), h('bdi', null, keyName(name)), h('span', { class: 'quiet number' }, keyText(name, keys.get(name)?.value))))),
    found.length > mostShown && h('li', { class: 'quiet' }, t('graph.search.more', { count: found.length - mostShown })),
      !names.length && h('li', { class: 'quiet' }, t('keys.none')))
  }
  const tell = () => setText(count, t('graph.choose', { count: chosen.length }))
  const frame = h('details', { class: 'card', open: !chosen.length, ontoggle: () => { if (frame.open) draw() } }, h('summary', null, count),
    search, list)
  // What somebody is about to tick stays where it is.
  listed.listen(() => { if (frame.open && !list.contains(document.activeElement)) draw() }, signal)
  tell()
  draw()
  return frame
}

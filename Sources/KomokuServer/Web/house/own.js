// Views of one's own: pages of cards, in one's own order. With `?kiosk=1` for a tablet on the wall: nothing but the cards.

import { h, replace, setText } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { beforeNextFrame } from '../base/events.js'
import { confirm, notify, notifyError } from '../base/notice.js'
import { go, link } from '../base/router.js'
import { t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { api, mayWrite, session } from '../hub/api.js'
import { listed, keys } from '../keys/store.js'
import { devices, devicesChanged } from '../devices/store.js'
import { deviceName, keyName } from '../keys/names.js'
import { apart, roomCard } from './card.js'
import { deviceCard, keyRow } from './device-card.js'
import { loadFavourites, sortable } from './favourites.js'
import { loadHelpers } from './helper.js'
import { keepCards } from './room.js'
import { loadRooms } from './rooms.js'
import { showSearch } from './search.js'
import { changeViews, loadViews } from './views.js'

/** @typedef {import('./views.js').View} View @typedef {import('./views.js').Card} Card */

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, { params, query, signal, title }) {
  const [views] = await Promise.all([loadViews(), loadFavourites().catch(notifyError), loadHelpers()])
  if (params.view === '-') return showList(main, views, signal, title)
  const found = views.find((each) => each.id === params.view)
  if (!found) return void main.append(h('h1', null, t('house.views')), h('p', { class: 'empty' }, t('view.none'), ' ', h('a', { href: '#/views/-' }, t('house.views'))))
  title(found.name)
  const isKiosk = query.has('kiosk')
  const view = found
  const rooms = await loadRooms()
  const cards = h('div', { class: 'grid own-cards' })
  const draw = () => keepCards(cards, view.cards.filter(isThere).map((card) => [`${card.kind} ${card.of} ${devices.get(card.of)?.properties.length ?? ''}`, (end) => cardFor(card, rooms, end)]), signal)
  const isThere = (/** @type {Card} */ { kind, of }) => kind === 'device' ? devices.has(of) : kind === 'key' ? keys.has(of) : true
  replace(main, h('div', { class: 'row is-apart room-head' }, h('h1', null, h('bdi', null, view.name)), pagesBeside(views, view, isKiosk),
    !isKiosk && (!view.shared || mayWrite('**')) && h('button', { class: 'plain', 'aria-label': t('action.edit'), onclick: () => edit(main, view, rooms, signal) }, icon('edit'), h('span', null, t('action.edit')))),
  h('h2', { class: 'unseen' }, t('view.cards')), cards, !view.cards.length && h('p', { class: 'empty' }, t('view.empty')))
  const later = () => beforeNextFrame(draw)
  devicesChanged.listen(later, signal)
  listed.listen(later, signal)
  draw()
}

/** @param {View[]} views @param {View} view @param {boolean} isKiosk the pages that one can go to, in their order */
function pagesBeside(views, view, isKiosk) {
  const pages = views.filter((each) => !each.hidden || each === view)
  const one = (/** @type {number} */ by, /** @type {string} */ sign) => {
    const other = pages[(pages.indexOf(view) + by + pages.length) % pages.length]
    return h('a', { class: 'button plain neighbour', href: link(`/views/${encodeURIComponent(other.id)}`, isKiosk ? { kiosk: 1 } : {}), 'aria-label': other.name, title: other.name }, icon(sign))
  }
  return pages.length > 1 && h('nav', { class: 'row neighbours', 'aria-label': t('house.views') }, one(-1, 'left'), one(1, 'right'))
}

/** @param {Card} card @param {import('./rooms.js').Room[]} rooms @param {AbortSignal} signal @returns {HTMLElement} */
function cardFor({ kind, of }, rooms, signal) {
  const device = devices.get(of)
  const room = rooms.find((each) => each.room === of)
  if (kind === 'device' && device) return deviceCard(device, signal)
  if (kind === 'room' && room) return roomCard(room, signal)
  if (kind === 'graph') return h('a', { class: 'card own-link', href: link('/graphs', { keys: of }) }, icon('graph'), h('bdi', null, of.split(',').map(keyName).join(', ')), icon('right'))
  if (kind === 'rule') return h('div', { class: 'card own-link' }, icon('rules'), h('bdi', null, of.replaceAll('-', ' ')), mayWrite('**') && h('button', { class: 'plain', onclick: () => ask('run', { rule: of }).then(() => notify(t('find.done', { name: apart(of) })), notifyError) }, icon('play'), t('view.run')))
  return kind === 'key' ? keyRow(of, signal, false) : h('p', { class: 'empty' }, t('view.gone'))
}

/** @param {HTMLElement} main @param {View[]} views @param {AbortSignal} signal @param {(text: string) => void} title */
function showList(main, views, signal, title) {
  title(t('house.views'))
  const own = views.filter((each) => !each.shared)
  const list = h('ol', { class: 'bare stack' })
  const grips = sortable(list, (from, to) => {
    own.splice(to, 0, ...own.splice(from, 1))
    const order = own.map((each) => each.id)
    changeViews((all) => all.sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id))).catch(notifyError)
  }, signal)
  const line = (/** @type {View} */ view, /** @type {boolean} */ isOwn) => h('li', { class: 'card row room-line' }, isOwn && grips(apart(view.name)),
    h('a', { class: 'own-name', href: `#/views/${encodeURIComponent(view.id)}` }, h('bdi', null, view.name)), !isOwn && h('span', { class: 'tag' }, t('view.wall')),
    isOwn && h('label', { class: 'is-line' }, h('input', { type: 'checkbox', checked: !view.hidden, onchange: (/** @type {any} */ event) => changeViews((all) => all.map((each) => each.id === view.id ? { ...each, hidden: !event.target.checked } : each)).catch(notifyError) }), t('view.shown')),
    (isOwn || mayWrite('**')) && h('button', { class: 'plain bare', 'aria-label': `${t('action.delete')}: ${view.name}`, onclick: async (/** @type {any} */ event) => {
      const element = event.currentTarget.closest('li')
      if (!await confirm(t('view.remove.sure', { name: apart(view.name) }), t('action.delete'))) return
      changeViews((all) => all.filter((each) => each.id !== view.id), !isOwn).then(() => element.remove(), notifyError)
    } }, icon('close')))
  list.append(...own.map((each) => line(each, true)))
  const name = h('input', { 'aria-label': t('room.name'), placeholder: t('view.new'), required: true, maxlength: 60 })
  const add = (/** @type {Event} */ event) => {
    event.preventDefault()
    const id = crypto.getRandomValues(new Uint32Array(1))[0].toString(36)
    changeViews((all) => [...all, { id, name: name.value.trim(), cards: [] }]).then(() => go(`/views/${id}`), notifyError)
  }
  main.append(h('h1', null, t('house.views')), h('p', { class: 'quiet' }, t('view.intro')), list, h('ul', { class: 'bare stack' }, views.filter((each) => each.shared).map((each) => line(each, false))),
    h('form', { class: 'row new-room', onsubmit: add }, name, h('button', null, icon('plus'), t('action.add'))))
}

/** @param {HTMLElement} main @param {View} view @param {import('./rooms.js').Room[]} rooms @param {AbortSignal} signal */
function edit(main, view, rooms, signal) {
  const save = () => changeViews((all) => all.map((each) => each.id === view.id ? { id: view.id, name: view.name, cards: view.cards, hidden: each.hidden } : each), !!view.shared).catch(notifyError)
  const list = h('ol', { class: 'bare stack' })
  const grips = sortable(list, (from, to) => { view.cards.splice(to, 0, ...view.cards.splice(from, 1)); save() }, signal)
  const nameOf = (/** @type {Card} */ { kind, of }) => {
    const device = devices.get(of)
    if (kind === 'device') return device ? deviceName(device) : t('view.gone')
    return kind === 'rule' ? of.replaceAll('-', ' ') : kind === 'room' ? rooms.find((each) => each.room === of)?.name ?? t('view.gone') : of.split(',').map(keyName).join(', ')
  }
  const draw = () => replace(list, view.cards.map((card) => {
    const name = nameOf(card)
    const remove = () => { view.cards.splice(view.cards.indexOf(card), 1); save(); draw() }
    return h('li', { class: 'card row own-line' }, grips(apart(name)), icon(signs[card.kind], t(card.kind === 'graph' ? 'nav.graphs' : `find.${card.kind}`)), h('bdi', { class: 'own-name' }, name),
      h('button', { class: 'plain bare', 'aria-label': `${t('action.delete')}: ${name}`, onclick: remove }, icon('close')))
  }))
  const add = (/** @type {Card} */ card) => { view.cards.push(card); save(); draw() }
  const name = h('input', { value: view.name, maxlength: 60, onchange: () => { view.name = name.value.trim() || view.name; save() } })
  draw()
  replace(main, h('h1', null, t('view.edit')), h('label', null, t('room.name'), name), h('h2', null, t('view.cards')), list, h('div', { class: 'row new-room' },
    h('button', { onclick: () => showSearch(['device', 'key', 'room', 'rule'], ({ kind, of }) => add({ kind: /** @type {any} */ (kind), of: of ?? '' })) }, icon('plus'), t('view.add')),
    h('button', { class: 'plain', onclick: () => showSearch(['key'], ({ of }) => add({ kind: 'graph', of: of ?? '' })) }, icon('graph'), t('view.add.graph'))),
  session?.admin && kiosk(view), h('p', null, h('button', { class: 'plain', onclick: () => { dispatchEvent(new HashChangeEvent('hashchange')) } }, t('action.done'))))
}

/** What kinds of cards look like. */
const signs = { device: 'devices', key: 'dial', graph: 'graph', room: 'room', rule: 'rules' }

/** @param {View} view a link for a tablet on the wall, with a token of its own */
function kiosk(view) {
  const shown = h('p', { role: 'status' })
  const mayPut = h('input', { type: 'checkbox', checked: true })
  const make = async () => {
    const token = `wall-${view.id}-${Date.now().toString(36).slice(-4)}`
    try {
      // First what may be refused: a house without users has no tokens either.
      const { secret } = await api('POST', 'tokens', { token, read: ['**'], write: mayPut.checked ? ['**'] : [] })
      // The tablet is nobody's: what it shows belongs to the house.
      await changeViews((all) => [...all.filter((each) => each.id !== view.id), { id: view.id, name: view.name, cards: view.cards }], true)
      const address = h('input', { readonly: true, 'aria-label': t('view.kiosk'), value: `${document.baseURI.split('#')[0]}#/views/${view.id}?kiosk=1&token=${encodeURIComponent(secret)}`, onfocus: () => address.select() })
      const copied = h('button', { class: 'plain', onclick: () => navigator.clipboard.writeText(address.value).then(() => setText(copied, t('view.copied')), () => address.select()) }, icon('link'), t('view.copy'))
      replace(shown, t('view.kiosk.made', { token }), h('span', { class: 'row' }, address, copied))
      address.select()
    } catch (error) { notifyError(error) }
  }
  return h('section', { class: 'card stack kiosk' }, h('h2', null, t('view.kiosk')), h('p', { class: 'quiet' }, t('view.kiosk.intro')), h('label', { class: 'is-line' }, mayPut, t('view.kiosk.write')),
    session?.kind === 'anybody' ? h('p', null, h('a', { href: '#/system/users' }, t('view.kiosk.nobody')))
      : h('div', null, h('button', { class: 'plain', onclick: make }, t('view.kiosk.make'))), shown)
}

// The frame around the views: navigation, what is wrong, login.

import { h, replace } from './base/dom.js'
import { icon } from './base/icons.js'
import { languages, loadWords, setLanguage, t } from './base/words.js'
import { setting, setLook } from './base/settings.js'
import { setZone } from './base/format.js'
import { leave, preload, reshow, reshowUnreached, shown, startRouter } from './base/router.js'
import { connection, ask } from './hub/connection.js'
import { api, loadSession } from './hub/api.js'
import { startHelpers } from './keys/made.js'
import { startKeys } from './keys/store.js'
import { startDevices } from './devices/store.js'
import { startKiosk } from './house/kiosk.js'
import { startServiceWorker } from './base/install.js'
import { lookForNewVersion } from './base/version.js'

const sections = [
  { id: 'house', path: '#/', icon: 'house' }, { id: 'activity', path: '#/activity', icon: 'activity' },
  { id: 'graphs', path: '#/graphs', icon: 'graph' }, { id: 'energy', path: '#/energy', icon: 'energy' },
  { id: 'rules', path: '#/rules', icon: 'rules' }, { id: 'devices', path: '#/devices', icon: 'devices' },
  { id: 'system', path: '#/system', icon: 'system' },
]

/** @type {import('./base/router.js').Entry[]} */
const views = [
  { path: '/', load: () => import('./house/house.js'), words: 'house', style: 'house/house.css', section: 'house' },
  { path: '/rooms/:room', load: () => import('./house/room.js'), words: 'house', style: 'house/house.css', section: 'house' },
  { path: '/views/:view', load: () => import('./house/own.js'), words: 'house', style: 'house/house.css', section: 'house' },
  { path: '/helpers', load: () => import('./house/helpers.js'), words: 'house', style: 'house/house.css', section: 'house' },
  { path: '/keys', load: () => import('./keys/list.js'), words: 'keys', style: 'keys/keys.css', section: 'graphs' },
  { path: '/keys/:key', load: () => import('./keys/key.js'), words: 'keys', style: 'keys/keys.css', section: 'graphs' },
  { path: '/graphs', load: () => import('./graph/graphs.js'), words: 'keys', style: 'keys/keys.css', section: 'graphs' },
  { path: '/energy', load: () => import('./energy/energy.js'), words: 'energy', style: 'energy/energy.css', section: 'energy' },
  { path: '/activity', load: () => import('./activity/activity.js'), words: 'rules', style: 'rules/rules.css', section: 'activity' },
  { path: '/rules', load: () => import('./rules/list.js'), words: 'rules', style: 'rules/rules.css', section: 'rules' },
  { path: '/rules/:rule', load: () => import('./rules/rule.js'), words: 'rules', style: 'rules/rules.css', section: 'rules' },
  { path: '/editor', load: () => import('./rules/editor.js'), words: 'rules', style: 'rules/rules.css', section: 'rules' },
  { path: '/devices', load: () => import('./devices/list.js'), words: 'system', style: 'system/system.css', section: 'devices' },
  { path: '/devices/:device', load: () => import('./devices/device.js'), words: 'system', style: 'system/system.css', section: 'devices' },
  { path: '/system', load: () => import('./system/system.js'), words: 'system', style: 'system/system.css', section: 'system' },
  { path: '/system/:page', load: () => import('./system/system.js'), words: 'system', style: 'system/system.css', section: 'system' },
]

function drawNavigation() {
  const nav = /** @type {HTMLElement} */ (document.getElementById('nav'))
  const items = sections.map((each) => h('a', { href: each.path, 'data-section': each.id }, icon(each.icon), h('span', null, t(`nav.${each.id}`))))
  replace(nav, h('div', { class: 'nav-items' }, items))
  nav.setAttribute('aria-label', t('nav.label'))
  shown.listen((section) => {
    for (const item of items) {
      if (item.dataset.section === section) item.setAttribute('aria-current', 'page')
      else item.removeAttribute('aria-current')
    }
  })
}

function drawBar() {
  const bar = /** @type {HTMLElement} */ (document.getElementById('bar'))
  const trouble = h('p', { class: 'trouble', role: 'status' })
  const find = h('button', { class: 'plain find', 'aria-label': t('search.open'), 'aria-keyshortcuts': '/', onclick: openSearch }, icon('search'), h('span', null, t('search.open')), h('kbd', null, '/'))
  replace(bar, h('a', { class: 'brand', href: '#/', 'aria-label': t('nav.house') }, h('span', { class: 'mark', 'aria-hidden': 'true' }), h('b', { id: 'house-name' }, 'Komoku')), trouble, find)
  const tell = () => {
    const isOut = (connection.state === 'lost' || connection.state === 'connecting') && (connection.lostSince ?? 0) < Date.now() - 800
    document.documentElement.classList.toggle('is-out', isOut)
    const text = isOut ? t('hub.out') : ''
    if (trouble.textContent !== text) replace(trouble, text && icon('offline'), text && h('span', null, text))
  }
  connection.changed.listen(tell)
  setInterval(tell, 1000)
}

async function openSearch() {
  // Who types on at once means the search, though it may still be on its way.
  let typed = ''
  const keep = (/** @type {KeyboardEvent} */ event) => {
    if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey) return
    typed += event.key
    event.preventDefault()
    event.stopPropagation()
  }
  addEventListener('keydown', keep, true)
  try {
    const [{ showSearch }] = await Promise.all([import('./house/search.js'), loadWords('house')])
    showSearch(undefined, undefined, typed)
  } finally {
    removeEventListener('keydown', keep, true)
  }
}

async function showLogin() {
  const { showLoginPage } = await import('./system/login.js')
  await loadWords('system')
  if (connection.state !== 'unauthorized') return
  leave()
  showLoginPage(/** @type {HTMLElement} */ (document.getElementById('main')))
}

/** A link for a tablet on the wall logs in once; neither the address nor the history of the window keeps its token. */
async function logInByLink() {
  const token = /[?&]token=([^&]+)/.exec(location.hash)
  if (!token) return
  history.replaceState(null, '', location.hash.replace(/([?&])token=[^&]+&?/, '$1').replace(/[?&]$/, ''))
  await api('POST', 'session', { token: decodeURIComponent(token[1]) }).catch((error) => console.warn(error.message))
}

/**
 * Connects, and shows the view of the address once the hub has answered and the frame stands.
 * @param {Promise<any>} words
 * @returns {() => void} says that the frame stands
 */
function startHub(words) {
  startKeys()
  startDevices()
  connection.atBegin(startHelpers())
  let [isFramed, isShown, isStarted] = [false, false, false]
  connection.atBegin(async () => {
    if (!isStarted && /^(#\/?)?$/.test(location.hash)) askForHouse()
    const [hub] = await Promise.all([ask('hub'), loadSession(), words])
    setZone(hub.zone)
    const name = document.getElementById('house-name')
    if (name) name.textContent = hub.name
  })
  const look = (/** @type {string} */ state) => {
    if (!isFramed) return
    if (state === 'unauthorized') { isShown = false; showLogin() }
    if (state !== 'open') return
    if (isShown) { reshowUnreached(); return lookForNewVersion() }
    isShown = true
    if (isStarted) reshow()
    else startRouter(views)
    isStarted = true
  }
  connection.changed.listen(look)
  logInByLink().then(() => connection.start())
  return () => { isFramed = true; look(connection.state) }
}

/** What the first view asks for, so that it is there when the view is. */
function askForHouse() {
  connection.askEarly('rooms')
  connection.askEarly('status')
  connection.askEarly('notifications', { open: true })
  for (const [name, shared] of [['favourites', false], ['views', false], ['views', true]]) connection.askEarly('document', { name, shared })
}

async function start() {
  setLook(setting('look'))
  const wanted = setting('language')
  setLanguage(wanted && wanted in languages ? wanted : navigator.language)
  // The hub is asked while the words come.
  const words = Promise.all([loadWords(), loadWords('names')])
  const isReady = startHub(words)
  preload(views)
  await words
  const skip = /** @type {HTMLElement} */ (document.getElementById('skip'))
  skip.textContent = t('nav.skip')
  skip.addEventListener('click', (event) => { event.preventDefault(); document.getElementById('main')?.focus() })
  drawNavigation()
  drawBar()
  startKiosk()
  isReady()
  // A dialog is of the view that opened it.
  addEventListener('hashchange', () => { for (const dialog of document.querySelectorAll('dialog')) dialog.close() })
  addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof HTMLElement && (event.target.matches('input, textarea, select') || event.target.isContentEditable)
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); openSearch() }
  })
  // What was asked while the hub went away: the bar says so, once for all.
  addEventListener('unhandledrejection', (event) => { if (event.reason?.code === 'unreachable') event.preventDefault() })
  startServiceWorker()
}

start()

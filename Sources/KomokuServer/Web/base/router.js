// Views by address: `#/rooms/kitchen?x=1`. A view is a module that exports `show`; it is loaded when it is first wanted.

import { h, replace } from './dom.js'
import { loadWords, t } from './words.js'
import { Emitter } from './events.js'
import { reloadWhereNewer } from './version.js'

/**
 * @typedef {object} Place where a view is shown
 * @property {Record<string, string>} params what the path captured
 * @property {URLSearchParams} query
 * @property {AbortSignal} signal ends with the view
 * @property {(text: string) => void} title names the view: the window, and what readers are told
 *
 * @typedef {object} Entry
 * @property {string} path `/rooms/:room`
 * @property {() => Promise<{ show: (main: HTMLElement, place: Place) => void | Promise<void> }>} load
 * @property {string} [words] the area whose words it needs
 * @property {string} [style] a sheet that it needs: `graph/graph.css`
 * @property {string} [section] which item of the navigation it belongs to
 */

/** @type {Entry[]} */
let entries = []
/** @type {AbortController | undefined} */
let current
/**
 * Scroll positions by entry of the history.
 * @type {Map<string, number>}
 */
const positions = new Map()
let entryId = ''
let isLeft = false
let isUnreached = false
/**
 * The section that is shown now.
 * @type {Emitter<string>}
 */
export const shown = new Emitter()

/** @param {Entry[]} table */
export function startRouter(table) {
  entries = table
  history.scrollRestoration = 'manual'
  isLeft = false
  addEventListener('hashchange', () => navigate(false))
  addEventListener('scroll', () => positions.set(entryId, scrollY), { passive: true })
  navigate(true)
}

/**
 * The address of a view.
 * @param {string} path
 * @param {Record<string, any>} [query]
 */
export function link(path, query = {}) {
  const fields = Object.entries(query).filter(([, value]) => value !== null && value !== undefined)
  const text = new URLSearchParams(fields.map(([name, value]) => [name, String(value)])).toString()
  return `#${path}${text && `?${text}`}`
}

/**
 * Goes there.
 * @param {string} path
 * @param {Record<string, any>} [query]
 */
export function go(path, query) {
  location.hash = link(path, query)
}

/**
 * Writes what is shown into the address, without another entry in the history and without showing it anew.
 * @param {Record<string, any>} query
 */
export function keepInAddress(query) {
  const path = location.hash.slice(1).split('?')[0] || '/'
  history.replaceState(history.state, '', link(path, query))
}

/** @param {string} path @param {string} template */
function match(path, template) {
  const [parts, names] = [path.split('/'), template.split('/')]
  if (parts.length !== names.length) return null
  /** @type {Record<string, string>} */
  const params = {}
  for (const [index, name] of names.entries()) {
    if (!name.startsWith(':')) { if (name !== parts[index]) return null; continue }
    try { params[name.slice(1)] = decodeURIComponent(parts[index]) } catch { return null }
  }
  return params
}

/**
 * Fetches what the address needs while the hub is still being asked.
 * @param {Entry[]} table
 */
export function preload(table) {
  const path = (location.hash.slice(1) || '/').split('?')[0]
  const found = table.find((each) => match(path, each.path))
  if (found) fetchView(found).catch(() => {})
}

/** @param {Entry} entry */
async function fetchView(entry) {
  const [view] = await Promise.all([entry.load(), entry.words && loadWords(entry.words), entry.style && loadViewStyle(entry.style)])
  return view
}

/** Shows the view of the address anew. */
export function reshow() {
  isLeft = false
  return navigate(false)
}

/** Shows the view anew that the hub was away for when it was to come. */
export function reshowUnreached() {
  if (isUnreached) reshow()
}

/** Ends the view that is shown; addresses count again from `reshow` on. */
export function leave() {
  isLeft = true
  current?.abort()
}

/** @param {boolean} isFirst */
async function navigate(isFirst) {
  const [path, query = ''] = (location.hash.slice(1) || '/').split('?')
  if (!path.startsWith('/') || isLeft) return
  current?.abort()
  isUnreached = false
  const controller = current = new AbortController()
  const { signal } = controller
  let id = history.state?.id
  const isBack = id !== undefined && positions.has(id)
  if (!id) history.replaceState({ id: id = crypto.getRandomValues(new Uint32Array(1))[0].toString(36) }, '')
  entryId = id
  let found, params
  for (found of entries) if ((params = match(path, found.path))) break
  const main = /** @type {HTMLElement} */ (document.getElementById('main'))
  if (!params || !found) return replace(main, h('h1', null, t('page.missing')), h('p', null, h('a', { href: '#/' }, t('page.home'))))
  shown.emit(found.section ?? '')
  let title = ''
  try {
    const view = await fetchView(found)
    if (signal.aborted) return
    const place = h('div', { class: 'view' })
    const shows = view.show(place, { params, query: new URLSearchParams(query), signal, title: (text) => { title = text; document.title = `${text} · Komoku` } })
    // What takes longer than a moment is shown while it comes; what does not, whole at once.
    await Promise.race([shows, new Promise((resolve) => setTimeout(resolve, 250))])
    if (signal.aborted) return
    useStyle(found.style)
    main.replaceChildren(place)
    scrollTo(0, isBack ? positions.get(id) ?? 0 : 0)
    if (!isFirst && !isBack) main.focus({ preventScroll: true })
    shows?.catch((error) => { if (!signal.aborted) showFailure(main, error) })
    if (title) document.title = `${title} · Komoku`
  } catch (error) {
    if (!signal.aborted) showFailure(main, error)
  }
}

/** @param {HTMLElement} main @param {any} error */
function showFailure(main, error) {
  if (error?.name === 'AbortError') return
  isUnreached = error?.code === 'unreachable'
  if (error instanceof TypeError || error instanceof SyntaxError) {
    // A module of another version lacks what this page wants of it.
    reloadWhereNewer().then((isDone) => isDone || console.error(error))
  } else if (!isUnreached) console.error(error)
  replace(main, h('h1', null, t('page.failed')), h('p', null, error?.message ?? String(error)),
    h('button', { onclick: () => navigate(false) }, t('action.again')))
}

/** @type {Map<string, Promise<void>>} */
const styles = new Map()
/**
 * Sheets of views: only that of the view that is shown counts, so that none can change another.
 * @type {Map<string, HTMLLinkElement>}
 */
const viewStyles = new Map()
/** @type {string | undefined} */
let styleInUse

/**
 * A sheet of a component, which counts in all views from now on: its rules name classes of the component only.
 * @param {string} path of the page's folder
 * @param {string} [media]
 */
export function loadStyle(path, media) {
  let loading = styles.get(path)
  if (!loading) {
    loading = new Promise((resolve) => {
      const sheet = h('link', { rel: 'stylesheet', media, href: new URL(`../${path}`, import.meta.url).href, onload: () => resolve(), onerror: () => resolve() })
      if (media) viewStyles.set(path, sheet)
      document.head.append(sheet)
    })
    styles.set(path, loading)
  }
  return loading
}

/**
 * What is loaded for the view to come does not touch the one that is still there.
 * @param {string} path
 */
const loadViewStyle = (path) => loadStyle(path, styleInUse ? 'not all' : 'all')

/**
 * Has this sheet count, and those of other views no longer.
 * @param {string} [path]
 */
export function useStyle(path = '') {
  styleInUse = path
  const loading = path && loadViewStyle(path)
  for (const [each, sheet] of viewStyles) sheet.media = each === path ? 'all' : 'not all'
  return loading
}

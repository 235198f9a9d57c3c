// What the hub says of itself, and what its owner changes.

import { h } from '../base/dom.js'
import { t } from '../base/words.js'
import { session } from '../hub/api.js'
import { readsAll } from './parts.js'

const isAdmin = () => !!session?.admin

/** @type {Record<string, { load: () => Promise<any>, may?: () => boolean }>} */
const pages = {
  overview: { load: () => import('./overview.js').then((module) => module.showOverview) },
  notifications: { load: () => import('./notifications.js').then((module) => module.showNotifications) },
  outages: { load: () => import('./overview.js').then((module) => module.showOutages) },
  letters: { load: () => import('./letters.js').then((module) => module.showLetters), may: isAdmin },
  configuration: { load: () => import('./configuration.js').then((module) => module.showConfiguration), may: isAdmin },
  store: { load: () => import('./database.js').then((module) => module.showStore), may: readsAll },
  users: { load: () => import('./users.js').then((module) => module.showUsers), may: isAdmin },
  cells: { load: () => import('./cells.js').then((module) => module.showCells), may: isAdmin },
  look: { load: () => import('./look.js').then((module) => module.showLook) },
}

/** @param {HTMLElement} main @param {import('../base/router.js').Place} place */
export async function show(main, place) {
  const id = place.params.page ?? 'overview'
  const page = pages[id]
  const allowed = Object.keys(pages).filter((each) => pages[each].may?.() ?? true)
  const tabs = h('nav', { class: 'tabs', 'aria-label': t('system.pages') }, allowed.map((each) =>
    h('a', { href: each === 'overview' ? '#/system' : `#/system/${each}`, 'aria-current': each === id ? 'page' : null },
      t(`system.${each}`))))
  const content = h('section', { class: 'part', 'aria-labelledby': 'part' })
  main.append(h('h1', null, t('nav.system')), tabs, content)
  place.title(page ? t(`system.${id}`) : t('page.missing'))
  content.append(h('h2', { id: 'part' }, page ? t(`system.${id}`) : t('page.missing')))
  // Where not all fit, the chosen one is in sight as soon as there is something to see.
  new ResizeObserver((_, self) => {
    if (!tabs.offsetWidth) return
    self.disconnect()
    tabs.scrollLeft = (tabs.querySelector('[aria-current]')?.offsetLeft ?? 0) - tabs.offsetLeft - 48
  }).observe(tabs)
  if (!page) return
  if (!allowed.includes(id)) return content.append(h('p', { class: 'empty' }, t('system.admins')))
  await (await page.load())(content, place)
}

// How this browser shows the house, and what this page is.

import { h } from '../base/dom.js'
import { keepSetting, setLook, setting } from '../base/settings.js'
import { languages, t } from '../base/words.js'
import { ask } from '../hub/connection.js'
import { facts, foreign } from './parts.js'

/** @param {HTMLElement} content */
export async function showLook(content) {
  const looks = choice(t('look.colours'), { '': t('look.system'), light: t('look.light'), dark: t('look.dark') }, setting('look') ?? '',
    (value) => setLook(/** @type {any} */ (value || null)))
  const tongues = choice(t('look.language'), { '': t('look.browser'), ...languages }, setting('language') ?? '', (value) => {
    keepSetting('language', value || null)
    // The words of all views are another table.
    location.reload()
  })
  const hub = await ask('hub')
  content.append(h('div', { class: 'stack' }, looks, tongues), h('h3', null, t('look.about')), facts([
    ['Komoku', hub.version], [t('look.house'), foreign(hub.name)], [t('system.zone'), hub.zone],
      [t('look.keys'), [h('kbd', null, '/'), ' ', t('search.open')]],
    [t('look.install'), t(isSecureContext ? 'look.install_yes' : 'look.install_no')]]))
}

/**
 * @param {string} label
 * @param {Record<string, string>} options
 * @param {string} chosen
 * @param {(value: string) => void} choose
 */
function choice(label, options, chosen, choose) {
  const buttons = Object.entries(options).map(([value, text]) => h('button',
    { type: 'button', 'aria-pressed': String(value === chosen), onclick: (/** @type {Event} */ event) => {
    for (const each of buttons) each.setAttribute('aria-pressed', String(each === event.currentTarget))
    choose(value)
  } }, text))
  return h('div', null, h('h3', null, label), h('div', { class: 'choice', role: 'group', 'aria-label': label }, buttons))
}

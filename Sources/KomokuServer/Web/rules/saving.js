// Saving into the folder that the configuration opens: all or nothing; what another one saved meanwhile; what was there before.

import { h, replace } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { t } from '../base/words.js'
import { moment } from '../base/format.js'
import { announce, notifyError } from '../base/notice.js'
import { ask } from '../hub/connection.js'
import { differenceView } from './difference.js'
import { own } from './sentences.js'

/** @typedef {import('./source.js').Source} Source */

/**
 * Saves a text.
 * @param {{ file: string, text: string | null, revision: any, note?: string }} request
 * @returns {Promise<{ revision?: any, findings?: any[], isConflict?: boolean, reason?: string }>} `revision`: it is saved
 */
export async function save(request) {
  try {
    const answer = await ask('save_rule_file', request)
    return answer.saved === false ? { findings: answer.findings, reason: t('save.findings') } : answer
  } catch (error) {
    return { isConflict: error.code === 'conflict', findings: error.answer?.findings, reason: error.message }
  }
}

/**
 * Somebody else saved: shows both and lets choose.
 * @param {HTMLElement} place
 * @param {string} mine
 * @param {Source} theirs
 * @returns {Promise<'mine' | 'theirs' | null>}
 */
export function askConflict(place, mine, theirs) {
  return new Promise((resolve) => {
    /** @param {string} answer @param {string} text @param {string} [look] */
    const button = (answer, text, look) => h('button', { class: look, onclick: () => { replace(place); resolve(/** @type {any} */ (answer || null)) } }, text)
    const title = h('h2', { tabindex: -1 }, icon('warning'), ' ', t('conflict.title'))
    replace(place, h('section', { class: 'card conflict', role: 'alert' }, title, h('p', null, t('conflict.text')), differenceView(theirs.text, mine),
      h('div', { class: 'row' }, button('mine', t('conflict.mine')), button('theirs', t('conflict.theirs'), 'plain'), button('', t('conflict.later'), 'plain'))))
    title.focus()
  })
}

/**
 * What was saved before.
 * @param {HTMLElement} place
 * @param {string} file
 * @param {() => string} text what is in the editor
 * @param {(text: string) => void} restore
 */
export async function showVersions(place, file, text, restore) {
  let versions
  try { ({ versions } = await ask('rule_versions', { file })) } catch { return replace(place, h('p', { class: 'quiet' }, t('versions.none'))) }
  const view = h('div')
  /** @param {any} each */
  const open = async (each) => {
    try {
      const version = await ask('rule_version', { file, version: each.version })
      replace(view, h('h3', { tabindex: -1 }, t('versions.against', { time: moment(each.time) })), differenceView(version.text, text()),
        h('button', { class: 'plain', onclick: () => { restore(version.text); announce(t('versions.restored')) } }, icon('undo'), t('versions.restore')))
      view.querySelector('h3')?.focus()
    } catch (error) { notifyError(error) }
  }
  replace(place, versions.length ? h('ul', { class: 'bare' }, versions.map((/** @type {any} */ each) => h('li', { class: 'row' },
    h('button', { class: 'plain', onclick: () => open(each) }, h('span', { class: 'number' }, moment(each.time))), each.by && own(each.by), each.note && own(each.note)))) : h('p', { class: 'quiet' }, t('versions.none')), view)
}


// What administrators do with a key: another name, and where the configuration names it.

import { h, replace } from '../base/dom.js'
import { t } from '../base/words.js'
import { notify, notifyError } from '../base/notice.js'
import { go } from '../base/router.js'
import { ask } from '../hub/connection.js'

/** @param {string} name */
export function administration(name) {
  const uses = h('div', null, h('p', { class: 'quiet' }, t('graph.loading')))
  const field = h('input', { name: 'to', value: name, required: true, maxlength: 255 })
  const show = async (/** @type {string | undefined} */ to) => {
    try { replace(uses, useList(await ask('uses', { key: name, to }))) } catch (error) { replace(uses, h('p', { class: 'quiet' }, error.message)) }
  }
  show(undefined)
  return h('div', null, h('h3', null, t('key.rename')), h('p', { class: 'quiet' }, t('key.rename.note')), h('form',
    { class: 'row', onsubmit: async (/** @type {Event} */ event) => {
    event.preventDefault()
    try {
      await ask('rename', { key: name, to: field.value.trim() })
      notify(t('key.renamed'))
      go(`/keys/${encodeURIComponent(field.value.trim())}`)
    } catch (error) { notifyError(error) }
  } }, h('label', null, t('key.name'), field), h('button', { class: 'plain', type: 'button', onclick: () => show(field.value.trim()) },
    t('key.uses.show')), h('button', null, t('key.rename'))), h('h3', null, t('key.uses')), uses)
}

/** @param {any} answer */
function useList({ uses, errors }) {
  if (!uses.length) return h('p', { class: 'quiet' }, t('key.uses.none'))
  return [errors > 0 && h('p', { class: 'field-error' }, t('key.uses.errors')), h('div', { class: 'scroll' }, h('table', null,
    h('thead', null, h('tr', null, ['key.use.where', 'key.use.text', 'key.use.write'].map((each) => h('th', { scope: 'col' }, t(each))))),
    h('tbody', null, uses.map((/** @type {any} */ each) => h('tr', null, h('td', null,
      h('bdi', null, `${each.section}${each.name ? ` ${each.name}` : ''}`), h('div', { class: 'small quiet code' }, `${each.file}:${each.line}`)),
      h('td', { class: 'code' }, h('bdi', null, each.text)), h('td', null, each.write ? h('code', null, each.write) : each.reason ?? ''))))))]
}

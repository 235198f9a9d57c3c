// Who may come in, and what each may do.

import { h, replace } from '../base/dom.js'
import { confirm, notify } from '../base/notice.js'
import { t } from '../base/words.js'
import { ask, connection } from '../hub/connection.js'
import { session } from '../hub/api.js'
import { act, foreign, live, openForm, when } from './parts.js'

/**
 * @typedef {{ name: string, admin: boolean, read: string[], write: string[], created?: number, expires?: number, used?: number, certificate?: string }} Account
 */
/** @typedef {'user' | 'token'} Kind */

/** @param {HTMLElement} content @param {import('../base/router.js').Place} place */
export async function showUsers(content, place) {
  const list = h('div', { class: 'stack' })
  content.append(list)
  const load = async () => {
    const [{ users }, { tokens }] = await Promise.all([ask('users'), ask('tokens')])
    return { users, tokens }
  }
  /** @type {() => Promise<void>} */
  const look = await live(list, place.signal, load, ({ users, tokens }) => {
    const isOpen = !users.length && !tokens.length
    return [isOpen && h('p', { class: 'warn' }, t('users.open')), draw('user', users, isOpen), draw('token', tokens, isOpen)]
  })

  /** @param {Kind} kind @param {Account[]} accounts @param {boolean} isFirst */
  function draw(kind, accounts, isFirst) {
    return [h('h3', null, t(`users.${kind}s`)), h('p', { class: 'quiet' }, t(`users.${kind}s_about`)),
      h('ul', { class: 'bare stack' }, accounts.map((account) => drawAccount(kind, account, () => look()))),
      h('div', null, act(t(`users.add_${kind}`), async () => { if (await add(kind, isFirst)) await look() },
        { 'data-at': `add-${kind}`, class: accounts.length ? 'plain' : '' }))]
  }
}

/** @param {Kind} kind @param {Account} account @param {() => Promise<void>} look */
function drawAccount(kind, account, look) {
  const { name } = account
  const isSelf = session?.kind === kind && session.name === name
  return h('li', { class: 'card' }, h('div', { class: 'row is-apart' },
    h('b', null, foreign(name), isSelf && h('span', { class: 'quiet' }, ` (${t('users.self')})`)),
    account.admin && h('span', { class: 'tag is-on' }, t('users.admin'))),
    h('p', { class: 'rights' }, rights(account)),
    h('p', { class: 'quiet small' }, t('users.created'), ' ', when(account.created),
      kind === 'token' && [' · ', t('users.used'), ' ', when(account.used)],
      account.expires && [' · ', t('users.expires'), ' ', when(account.expires)], account.certificate && [' · ', t('users.certificate')]),
    h('div', { class: 'row' }, act(t('users.rights'), async () => { if (await changeRights(kind, account)) await look() },
      { 'data-at': `rights-${kind}-${name}` }),
      kind === 'user' && act(t('users.password'), () => changePassword(name), { 'data-at': `password-${name}` }),
      act(t('users.remove'), async () => {
        if (!await confirm(t(`users.sure_${kind}`, { name }), t('users.remove'))) return
        await ask(kind === 'user' ? 'remove_user' : 'remove_token', { [kind]: name })
        await look()
      })))
}

/** @param {Account} account what it may, as a sentence */
function rights({ admin, read, write }) {
  if (admin) return t('users.all')
  const list = (/** @type {string[]} */ patterns, /** @type {string} */ verb) => !patterns.length ? t(`users.${verb}_none`)
    : patterns.includes('**') ? t(`users.${verb}_all`) : [t(`users.${verb}`), ' ',
      patterns.map((each, index) => [index ? ', ' : '', h('code', null, foreign(each))])]
  return [list(read, 'read'), '; ', list(write, 'write')]
}

/** @param {Partial<Account>} account @param {boolean} [isFirst] the first one has to be an administrator */
function rightsFields({ admin = false, read = ['**'], write = [] }, isFirst) {
  const area = (/** @type {string} */ name, /** @type {string[]} */ patterns) => h('label', null, t(`users.${name}_label`),
    h('textarea', { name, rows: 2, class: 'code', spellcheck: 'false', autocapitalize: 'none', value: patterns.join('\n') }))
  const patterns = h('div', { class: 'stack' }, area('read', read), area('write', write),
    h('small', { class: 'quiet' }, t('users.patterns')))
  const box = h('input', { type: 'checkbox', name: 'admin', checked: admin || isFirst, disabled: !!isFirst,
    onchange: () => { patterns.hidden = box.checked } })
  patterns.hidden = box.checked
  return [h('label', { class: 'is-line' }, box, t('users.admin_label')), patterns]
}

/** @param {HTMLFormElement} form */
function rightsOf(form) {
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name))
  const list = (/** @type {string} */ name) => field(name).value.split(/[\s,]+/).filter(Boolean)
  return field('admin').checked ? { admin: true } : { admin: false, read: list('read'), write: list('write') }
}

/** @param {Kind} kind @param {boolean} isFirst */
async function add(kind, isFirst) {
  const name = h('input', { name: 'account', required: true, maxlength: 64, autocomplete: 'off', autocapitalize: 'none',
    spellcheck: 'false' })
  const password = passwordField('new-password')
  const ends = h('select', { name: 'ends' }, ['', '30', '90',
    '365'].map((days) => h('option', { value: days }, days ? t('users.days', { count: Number(days) }) : t('users.never_ends'))))
  const made = await openForm(t(`users.add_${kind}`), [h('label', null, t('users.name'), name),
    kind === 'user' ? h('label', null, t('login.password'), password, h('small', { class: 'quiet' }, t('users.password_rule'))) : h('label',
      null, t('users.ends'), ends),
    rightsFields({}, isFirst)], t('action.add'), (form) => kind === 'user'
    ? ask('add_user', { user: name.value, password: password.value, ...rightsOf(form) })
    : ask('add_token', { token: name.value, ...rightsOf(form),
      expires: ends.value ? Math.round(Date.now() / 1000) + Number(ends.value) * 86400 : undefined }))
  if (made?.secret) await showSecret(made.token, made.secret)
  // From the first one on the hub asks everybody, this page too.
  if (made && isFirst) connection.again()
  return made
}

/** @param {string} autocomplete */
function passwordField(autocomplete) { return h('input', { type: 'password', autocomplete, required: true, minlength: 8, maxlength: 511 }) }

/** @param {Kind} kind @param {Account} account */
function changeRights(kind, account) {
  return openForm(t('users.rights_of', { name: account.name }), rightsFields(account), t('action.save'),
    (form) => ask('set_rights', { [kind]: account.name, ...rightsOf(form) }))
}

/** @param {string} user */
export async function changePassword(user) {
  const [old, password] = [passwordField('current-password'), passwordField('new-password')]
  old.minLength = 0
  const done = await openForm(t('users.password_of', { name: user }), [
    h('input', { hidden: true, autocomplete: 'username', value: user, 'aria-hidden': 'true' }),
    !session?.admin && h('label', null, t('users.old_password'), old),
    h('label', null, t('users.new_password'), password, h('small', { class: 'quiet' }, t('users.password_rule'))),
      h('p', { class: 'quiet' }, t('users.password_ends'))],
  t('action.save'), () => ask('set_password', { user, password: password.value, old: session?.admin ? undefined : old.value }))
  if (done) notify(t('users.password_changed'))
}

/** @param {string} name @param {string} secret which the hub tells this once */
async function showSecret(name, secret) {
  const field = h('input', { readonly: true, class: 'code', value: secret, 'aria-label': t('users.secret'), onfocus: () => field.select() })
  const said = h('span', { role: 'status', class: 'quiet' })
  await new Promise((resolve) => {
    const dialog = h('dialog', { 'aria-labelledby': 'secret', onclose: () => { dialog.remove(); resolve(null) } },
      h('form', { method: 'dialog', class: 'stack' }, h('h2', { id: 'secret' }, t('users.secret_of', { name })),
      h('p', null, t('users.once')), field,
      h('div', { class: 'row' }, h('button', { type: 'button', class: 'plain', onclick: async () => {
        field.select()
        // Without TLS browsers give no clipboard to pages; the selected text can be copied by hand.
        try { await navigator.clipboard.writeText(secret); replace(said, t('users.copied')) } catch { replace(said,
          t('users.copy_by_hand')) }
      } }, t('users.copy')), said), h('div', { class: 'row is-end' }, h('button', null, t('action.done')))))
    document.body.append(dialog)
    dialog.showModal()
  })
}

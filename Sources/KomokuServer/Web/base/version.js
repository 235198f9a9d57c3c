// After the hub was upgraded an open page goes on; the new one is offered, never forced upon who is just doing something.

import { notify } from './notice.js'
import { t } from './words.js'

const mine = new URL('..', import.meta.url).pathname.split('/').slice(-2)[0]
let isOffered = false

/** Whether the hub has another page than this one. */
async function isAnother() {
  const answer = await fetch(new URL('.', document.baseURI), { headers: { Accept: 'text/html' }, cache: 'no-cache' })
  const now = /page\/([^/"]+)\/main\.js/.exec(await answer.text())?.[1]
  return !!now && now !== mine && mine !== 'unkept'
}

/** A part of the page that cannot be loaded may be one that the new page no longer has: then that takes over. */
export async function reloadWhereNewer() {
  const isDone = await isAnother().catch(() => false)
  if (isDone) location.reload()
  return isDone
}

/** Asks the hub which page it has, and offers it where it is another. */
export async function lookForNewVersion() {
  try {
    if (isOffered || !await isAnother()) return
    isOffered = true
    notify(t('page.newer'), { kind: 'lasting', action: t('page.reload'), onaction: () => location.reload() })
  } catch { /* The hub is away again: it is asked when it is back. */ }
}

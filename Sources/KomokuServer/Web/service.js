// Answers the page's own files from a cache while the hub is away. Values are never kept: what is shown is what the hub says.

const worker = /** @type {any} */ (self)
const version = worker.location.pathname.split('/').slice(-2)[0]
const cache = `komoku-${version}`
const home = new URL('.', worker.registration?.scope ?? worker.location.href).href

worker.addEventListener('install', (/** @type {any} */ event) => {
  event.waitUntil(keep(new Request(home, { headers: { Accept: 'text/html' } })).then(() => worker.skipWaiting()))
})

worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((each) => each.startsWith('komoku-') && each !== cache).map((each) => caches.delete(each))))
    .then(() => worker.clients.claim()))
})

/** @param {Request} request */
async function keep(request) {
  const answer = await fetch(request)
  if (answer.ok && answer.type === 'basic') (await caches.open(cache)).put(request.url, answer.clone())
  return answer
}

/** @param {Request} request */
async function pageOf(request) {
  try {
    // A hub that is there answers in no time, and has the newest page.
    return await Promise.race([keep(request), new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 2500))])
  } catch (error) {
    const kept = await caches.match(home)
    if (kept) return kept
    throw error
  }
}

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event
  if (request.method !== 'GET' || !request.url.startsWith(home)) return
  if (request.mode === 'navigate' && request.url.split(/[?#]/)[0] === home) event.respondWith(pageOf(request))
  else if (request.url.startsWith(`${home}page/`) && !request.url.includes('/unkept/')) {
    event.respondWith(caches.match(request.url).then((kept) => kept ?? keep(request)))
  }
})

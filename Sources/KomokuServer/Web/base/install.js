// A service worker keeps the page's own files, so that it opens at once and also while the hub is away.

export function startServiceWorker() {
  if (!('serviceWorker' in navigator) || !isSecureContext) return
  const script = new URL('../service.js', import.meta.url)
  navigator.serviceWorker.register(script, { scope: new URL('.', document.baseURI).pathname }).catch(() => {})
}

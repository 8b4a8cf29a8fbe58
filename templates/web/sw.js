// Keeps the files of the look and the offline page; nothing private, no page of anybody. Made by jobscore/web/install.py.
const KEPT = {{ name | tojson }};
const FILES = {{ files | tojson }};
const OFFLINE = {{ offline | tojson }};

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(KEPT).then(async (cache) => {
      // without cookies: the page that is kept is nobody's
      await cache.put(OFFLINE, await fetch(OFFLINE, { credentials: "omit", cache: "no-cache" }));
      await cache.addAll(FILES);
    }).then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name)))),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(async () => (await caches.match(OFFLINE)) ?? Response.error()));
  } else if (FILES.includes(request.url.slice(self.location.origin.length))) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});

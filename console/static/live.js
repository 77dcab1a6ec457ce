// Keeps a part of a page fresh: asks now and then whether anything changed, and only then fetches
// that part. Without script, or where an answer fails, the page stays as it was opened.
(function () {
  "use strict";

  var EVERY = 15000;
  var region = document.querySelector("[data-live-changes]");
  var status = document.querySelector("[data-live-status]");
  if (!region || !status || !window.fetch) {
    return;
  }
  var mark = region.dataset.liveMark;
  var isBusy = false;

  function ask(address) {
    return fetch(address, { credentials: "same-origin", redirect: "error" }).then(function (answer) {
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      return answer;
    });
  }

  // Where the keyboard was is found again by the address that it was on.
  function focused() {
    var one = document.activeElement;
    return one && region.contains(one) ? one.getAttribute("href") : null;
  }

  function show(text, newMark) {
    var fresh = new DOMParser().parseFromString(text, "text/html").body;
    var href = focused();
    region.replaceChildren.apply(region, Array.from(fresh.childNodes));
    mark = newMark;
    if (href !== null) {
      var again = Array.from(region.querySelectorAll("a[href]")).find(function (one) {
        return one.getAttribute("href") === href;
      });
      (again || region).focus({ preventScroll: true });
    }
    var time = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    status.textContent = status.dataset.liveStatus.replace("{time}", time);
  }

  function look() {
    if (isBusy || document.hidden) {
      return;
    }
    isBusy = true;
    ask(region.dataset.liveChanges)
      .then(function (answer) {
        return answer.json();
      })
      .then(function (said) {
        if (said.mark === mark) {
          return undefined;
        }
        return ask(region.dataset.liveTable)
          .then(function (answer) {
            return answer.text();
          })
          .then(function (text) {
            show(text, said.mark);
          });
      })
      .catch(function () {
        // The next look may succeed; a session that has ended shows at the next page.
      })
      .then(function () {
        isBusy = false;
      });
  }

  region.setAttribute("tabindex", "-1");
  window.setInterval(look, Number(region.dataset.liveEvery) || EVERY);
  document.addEventListener("visibilitychange", look);
})();

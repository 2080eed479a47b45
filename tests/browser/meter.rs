//! What a page says about its own frames; for tests and for tests/bench.

/// Counts frames, those without any row in the middle of the grid, and those whose row still waits for its cells. It
/// looks when a frame is done: before, the rows of that very frame are not yet in their place.
pub const METER: &str = "(() => { \
    const scroll = document.querySelector('.grid-scroll'); \
    const meter = window.meter = { frames: [], blank: 0, waiting: 0, stop: false }; \
    let last = performance.now(); \
    const done = new MessageChannel(); \
    done.port1.onmessage = () => { \
        const box = scroll.getBoundingClientRect(); \
        for (const share of [0.2, 0.5, 0.9]) { \
            const row = document.elementFromPoint(box.left + 60, box.top + box.height * share)?.closest('tbody.window tr'); \
            if (!row) { meter.blank++; break; } \
            if (row.classList.contains('waiting')) { meter.waiting++; break; } \
        } \
    }; \
    const look = (now) => { \
        meter.frames.push(now - last); last = now; \
        done.port2.postMessage(null); \
        if (!meter.stop) requestAnimationFrame(look); \
    }; \
    requestAnimationFrame(look); \
})()";

// Where a scroll container stands in a list that may be higher than a browser can make an element: Firefox gives
// up at 17.9 million pixels, Chromium at 33. So the list is at most CAP pixels high, cut into pages; a page that is
// far away is reached by moving `offset`, which is what the list's real places are ahead of the container's.

const CAP = 6_000_000;
const PAGES = 100;

export class Scroller {
  constructor(element) {
    this.element = element;
    this.offset = 0;
    this.last = 0;
    this.speed = 0;
  }

  /** Takes the sizes: of a row, of the header that covers the top, and how many rows there are. */
  measure(rowHeight, headHeight, total) {
    this.rowHeight = rowHeight;
    this.viewHeight = Math.max(rowHeight, this.element.clientHeight - headHeight);
    /** Height of all rows. */
    this.whole = total * rowHeight;
    /** Height that the element is given. */
    this.height = Math.min(this.whole, CAP);
    this.pageHeight = this.height / PAGES;
    this.pages = Math.max(1, Math.floor(this.whole / this.pageHeight || 1));
    this.step = this.pages > 1 ? (this.whole - this.height) / (this.pages - 1) : 0;
    if (this.whole <= this.height) this.offset = 0;
  }

  /** Pixels of rows above what is seen. */
  get place() {
    return Math.max(0, Math.min(this.element.scrollTop + this.offset, Math.max(0, this.whole - this.viewHeight)));
  }

  /** After the container scrolled: a small step is the list's own, a large one a jump to a part of the whole. */
  follow() {
    const top = this.element.scrollTop;
    const moved = Math.abs(top - this.last);
    this.speed = moved;
    if (moved && this.whole > this.height) {
      if (moved < this.viewHeight * 1.5) {
        this.to(top + this.offset);
        return;
      }
      const share = (this.whole - this.viewHeight) / Math.max(1, this.height - this.viewHeight);
      const page = Math.min(this.pages - 1, Math.floor((top * share) / this.pageHeight));
      this.offset = Math.round(page * this.step);
    }
    this.last = top;
  }

  /** Goes to a place in the whole list. */
  to(place) {
    const target = Math.max(0, Math.min(place, this.whole - this.viewHeight));
    const page = Math.min(this.pages - 1, Math.floor(target / (this.pageHeight || 1)));
    const before = this.offset;
    this.offset = Math.round(page * this.step);
    const top = target - this.offset;
    if (before !== this.offset || Math.abs(top - this.element.scrollTop) > 1) this.pending = top;
    if (this.pending !== undefined) {
      this.element.scrollTop = this.pending;
      this.pending = undefined;
    }
    this.last = this.element.scrollTop;
  }

  /** Brings a row into sight; true where that moved anything. */
  show(row) {
    const top = row * this.rowHeight;
    const place = this.place;
    let target = place;
    if (top < place) target = top;
    else if (top + this.rowHeight > place + this.viewHeight) target = top + this.rowHeight - this.viewHeight;
    if (target === place) return false;
    this.speed = 0;
    this.to(target);
    return true;
  }
}

/* One pass over a batch's events: counts, first and last times, bursts, and the distinct names of sessions.

   Which events count is decided before: each comes with a bit for every condition it meets (sql/one_pass.py). Rows come as
   an Arrow C stream, in any order, and results go out as one. A lead is a place, a number from 0; its numbers lie together,
   because reaching them is what an event costs. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 2
#define NONE INT64_MIN
#define AHEAD 16          /* how many events ahead the memory of a lead is asked for */
#define BLOCK 65536       /* pairs in a block */
#define CHUNK 131072      /* rows in a chunk of results */
#define BITS 64
#define LINE 64           /* bytes in a line of memory */
#define FEW 24            /* so many values are sorted by insertion */
#define TILE 512          /* rows whose results are copied together, while they are near */

#if defined(_WIN32)
#define API __declspec(dllexport)
#else
#define API __attribute__((visibility("default")))
#endif

/* The Arrow C data and stream interfaces, as their specification lays them out. */

struct ArrowSchema {
  const char *format, *name, *metadata;
  int64_t flags, n_children;
  struct ArrowSchema **children, *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};

struct ArrowArray {
  int64_t length, null_count, offset, n_buffers, n_children;
  const void **buffers;
  struct ArrowArray **children, *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};

struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};

/* What is asked, as engines/one_pass.py lays it out. Bits, windows and anchors are numbers, -1 where there is none.
   An anchor is an instant of a lead's own. */

typedef struct {
  int64_t from, from_offset, until, until_offset; /* each an anchor and what is added to it */
} Window;

typedef struct {
  int64_t kind; /* 0 counts, 1 keeps the first time, 2 the last; of a depth it means nothing */
  int64_t bit, window, after;
} Slot;

typedef struct {
  int64_t bit, at_least, within, after, grid; /* the anchor where the grid of windows begins */
} Burst;

typedef struct {
  Slot which;          /* the events looked at */
  int64_t first, bits; /* where the bits of its names stand in what an event met, and which they are once moved there */
  int64_t narrow;      /* whether sessions and bits have 32 bits at most, and are kept as one number */
} Depth;

typedef struct {
  int64_t places, anchors, windows, slots, bursts, depths;
  const Window *window;
  const Slot *slot;
  const Burst *burst;
  const Depth *depth;
} Asked;

/* A place and what is kept of an event, in blocks, so that they grow without being copied. */

typedef struct Block {
  struct Block *next;
  int64_t count;
  int32_t place[BLOCK];
  int64_t value[]; /* `width` of them a place */
} Block;

typedef struct {
  Block *first, *last;
  int64_t count, width;
} Kept;

typedef struct {
  Slot slot;
  int64_t at;
} Placed;

/* `rows` holds for each place, `width` bytes of it: what was met, the instants of slots, the anchors, for each depth the
   session that is open and the bits it has, then in 32 bits the counts of slots and the results of bursts and depths.
   A row begins a line of memory and is kept short, because it is fetched for every event. */

typedef struct {
  Asked asked;
  int64_t width, anchors_at, results_at;
  int64_t *slot_at, *open_at;
  char *rows;
  Kept *kept; /* of the bursts, then of the depths */
  int64_t by_bit[BITS + 2]; /* slots in order of their bit: those of a bit begin here; those that count all come last */
  Placed *placed;
  uint64_t slot_bits, events;
  const char *wrong;
} Pass;

static const char *OUT_OF_MEMORY = "out of memory";
static const char *TOO_MANY = "there are more events than 32 bits can count";

static char *row_of(const Pass *pass, int64_t place) { return pass->rows + place * pass->width; }
static int64_t *number_at(char *row, int64_t at) { return (int64_t *)(row + at); }
static uint32_t *count_at(char *row, int64_t at) { return (uint32_t *)(row + at); }
static int64_t *anchor_of(const Pass *pass, char *row, int64_t a) { return number_at(row, pass->anchors_at) + a; }
static uint32_t *result_of(const Pass *pass, char *row, int64_t k) { return count_at(row, pass->results_at) + k; }

static int keep(Kept *kept, int32_t place, int64_t first, int64_t second) {
  Block *block = kept->last;
  if (!block || block->count == BLOCK) {
    block = malloc(sizeof(Block) + sizeof(int64_t) * BLOCK * (size_t)kept->width);
    if (!block) return 0;
    block->next = NULL;
    block->count = 0;
    if (kept->last) kept->last->next = block;
    else kept->first = block;
    kept->last = block;
  }
  int64_t at = block->count++;
  block->place[at] = place;
  block->value[at * kept->width] = first;
  if (kept->width == 2) block->value[at * 2 + 1] = second;
  kept->count++;
  return 1;
}

static void drop(Kept *kept) {
  for (Block *block = kept->first, *next; block; block = next) {
    next = block->next;
    free(block);
  }
  kept->first = kept->last = NULL;
  kept->count = 0;
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void sort(int64_t *values, int64_t count, int64_t width) {
  if (count > FEW) {
    for (int64_t i = 1; i < count; i++)
      if (values[i * width] < values[(i - 1) * width]) {
        qsort(values, (size_t)count, sizeof(int64_t) * (size_t)width, ascending);
        return;
      }
    return;
  }
  for (int64_t i = 1; i < count; i++) {
    int64_t first = values[i * width], second = values[i * width + width - 1], j = i;
    for (; j > 0 && values[(j - 1) * width] > first; j--)
      memcpy(values + j * width, values + (j - 1) * width, sizeof(int64_t) * (size_t)width);
    values[j * width + width - 1] = second;
    values[j * width] = first;
  }
}

/* Return what was kept in order of place, and free the blocks; those of a place begin at `start[place]`. */
static int64_t *by_place(Kept *kept, int64_t places, int64_t *start) {
  int64_t width = kept->width;
  int64_t *sorted = malloc(sizeof(int64_t) * (size_t)(width * kept->count + 1));
  if (!sorted) return NULL;
  memset(start, 0, sizeof(int64_t) * (size_t)(places + 2));
  for (Block *block = kept->first; block; block = block->next)
    for (int64_t i = 0; i < block->count; i++) start[block->place[i] + 2]++;
  for (int64_t p = 3; p < places + 2; p++) start[p] += start[p - 1];
  for (Block *block = kept->first; block; block = block->next)
    for (int64_t i = 0; i < block->count; i++) {
      int64_t to = start[block->place[i] + 1]++;
      for (int64_t k = 0; k < width; k++) sorted[to * width + k] = block->value[i * width + k];
    }
  drop(kept);
  return sorted;
}

static int64_t floor_of(int64_t a, int64_t b) { return a / b - (a % b != 0 && (a < 0) != (b < 0)); }

static int64_t awards_of(const Burst *burst, const int64_t *at, int64_t count, int64_t origin) {
  int64_t awards = 0, latest = 0, back = burst->at_least - 1;
  for (int64_t i = back; i < count; i++) {
    if (at[i] - at[i - back] > burst->within || (burst->after != NONE && at[i] <= burst->after)) continue;
    if (burst->grid < 0) return 1;
    if (origin == NONE) return 0;
    int64_t window = floor_of(at[i] - origin, burst->within);
    awards += !awards || window != latest;
    latest = window;
  }
  return awards;
}

static int64_t deepest(const int64_t *found, int64_t count, int64_t width) {
  int64_t best = 0, bits = 0, session = 0;
  for (int64_t i = 0; i < count; i++) {
    int64_t now = width == 2 ? found[2 * i] : found[i] >> 32;
    if (now != session) bits = 0;
    session = now;
    bits |= width == 2 ? found[2 * i + 1] : found[i] & UINT32_MAX;
    int64_t reached = __builtin_popcountll((unsigned long long)bits);
    if (reached > best) best = reached;
  }
  return best;
}

static int is_met(int64_t bit, int64_t met) { return bit < 0 || (met >> bit & 1); }

static int is_inside(const Pass *pass, const Slot *slot, char *row, int64_t at) {
  if (slot->after != NONE && at <= slot->after) return 0;
  if (slot->window < 0) return 1;
  const Window *window = pass->asked.window + slot->window;
  int64_t from = *anchor_of(pass, row, window->from), until = *anchor_of(pass, row, window->until);
  return from != NONE && until != NONE && at >= from + window->from_offset && at < until + window->until_offset;
}

static void count_in(const Pass *pass, int64_t from, int64_t to, char *row, int64_t at) {
  for (const Placed *each = pass->placed + from; each < pass->placed + to; each++) {
    if (!is_inside(pass, &each->slot, row, at)) continue;
    if (each->slot.kind == 0) {
      ++*count_at(row, each->at);
      continue;
    }
    int64_t *value = number_at(row, each->at);
    if (*value == NONE || (each->slot.kind == 1 ? at < *value : at > *value)) *value = at;
  }
}

/* Streams: a struct of columns, of which the first is a place and the others are 64-bit integers. */

static const char *problem_of(struct ArrowArrayStream *stream) {
  const char *told = stream->get_last_error ? stream->get_last_error(stream) : NULL;
  return told ? told : "the rows cannot be read";
}

static const char *check(struct ArrowArrayStream *stream, int64_t columns) {
  struct ArrowSchema schema;
  if (stream->get_schema(stream, &schema)) return problem_of(stream);
  const char *wrong = schema.n_children == columns ? NULL : "there are other columns than asked for";
  for (int64_t i = 0; !wrong && i < columns; i++)
    if (strcmp(schema.children[i]->format, i ? "l" : "i")) wrong = "a column has another type than asked for";
  schema.release(&schema);
  return wrong;
}

static const void *values_of(const struct ArrowArray *array, int64_t column, size_t size) {
  const struct ArrowArray *child = array->children[column];
  return (const char *)child->buffers[1] + (size_t)(child->offset + array->offset) * size;
}

static const int64_t *numbers(const struct ArrowArray *array, int64_t column) {
  return values_of(array, column, sizeof(int64_t));
}

static int is_null(const struct ArrowArray *array, int64_t column, int64_t i) {
  const struct ArrowArray *child = array->children[column];
  const uint8_t *valid = child->null_count ? child->buffers[0] : NULL;
  int64_t at = child->offset + array->offset + i;
  return valid && !(valid[at >> 3] >> (at & 7) & 1);
}

typedef const char *Take(Pass *, const struct ArrowArray *, const int32_t *places);

/* Take the next batch of a stream; `*more` tells whether there was one. */
static const char *next_batch(Pass *pass, struct ArrowArrayStream *stream, int64_t columns, Take *take, int64_t *more) {
  const char *wrong = check(stream, columns);
  struct ArrowArray batch;
  *more = 0;
  if (wrong) return wrong;
  if (stream->get_next(stream, &batch)) return problem_of(stream);
  if (!batch.release) return NULL;
  *more = 1;
  if (batch.length) {
    const int32_t *places = values_of(&batch, 0, sizeof(int32_t));
    for (int64_t i = 0; !wrong && i < batch.length; i++)
      if (places[i] < 0 || places[i] >= pass->asked.places) wrong = "a row has no place";
    if (!wrong) wrong = take(pass, &batch, places);
  }
  batch.release(&batch);
  return wrong;
}

static const char *take_anchors(Pass *pass, const struct ArrowArray *batch, const int32_t *places) {
  for (int64_t c = 0; c < pass->asked.anchors; c++) {
    const int64_t *instant = numbers(batch, c + 1);
    for (int64_t i = 0; i < batch->length; i++)
      if (!is_null(batch, c + 1, i)) *anchor_of(pass, row_of(pass, places[i]), c) = instant[i];
  }
  return NULL;
}

/* A session that is open: of a narrow depth one number, its id above the bits it has, else two numbers. */

static int close_session(Pass *pass, int64_t d, char *row, int32_t place) {
  Kept *kept = pass->kept + pass->asked.bursts + d;
  int64_t *open = number_at(row, pass->open_at[d]);
  int64_t *bits = open + kept->width - 1;
  int fits = !(kept->width == 2 ? *bits : *bits & UINT32_MAX) || keep(kept, place, *open, *bits);
  *bits = 0;
  return fits;
}

static int keep_session(Pass *pass, int64_t d, char *row, int32_t place, int64_t session, int64_t bits) {
  int64_t *open = number_at(row, pass->open_at[d]);
  int is_wide = pass->kept[pass->asked.bursts + d].width == 2;
  int64_t id = is_wide ? session : (int64_t)((uint64_t)session << 32);
  int is_open = is_wide ? *open == id : ((*open ^ id) & ~(int64_t)UINT32_MAX) == 0;
  int fits = is_open || close_session(pass, d, row, place);
  if (!is_open) *open = id;
  open[is_wide] |= bits;
  return fits;
}

static const char *take_events(Pass *pass, const struct ArrowArray *batch, const int32_t *places) {
  const Asked *asked = &pass->asked;
  const int64_t *ats = numbers(batch, 1), *mets = numbers(batch, 2);
  const int64_t *sessions = asked->depths ? numbers(batch, 3) : NULL;
  int64_t count = batch->length, always = pass->by_bit[BITS], all = pass->by_bit[BITS + 1];
  pass->events += (uint64_t)count;
  if (pass->events > UINT32_MAX) return TOO_MANY;
  for (int64_t i = 0; i < count; i++) {
    if (i + AHEAD < count)
      for (int64_t line = 0; line < pass->results_at; line += LINE)
        __builtin_prefetch(row_of(pass, places[i + AHEAD]) + line, 1);
    char *row = row_of(pass, places[i]);
    int64_t at = ats[i], met = mets[i];
    *number_at(row, 0) |= met;
    count_in(pass, always, all, row, at);
    for (uint64_t left = (uint64_t)met & pass->slot_bits; left; left &= left - 1) {
      int bit = __builtin_ctzll(left);
      count_in(pass, pass->by_bit[bit], pass->by_bit[bit + 1], row, at);
    }
    for (int64_t b = 0; b < asked->bursts; b++)
      if (is_met(asked->burst[b].bit, met) && !keep(pass->kept + b, places[i], at, 0)) return OUT_OF_MEMORY;
    for (int64_t d = 0; d < asked->depths; d++) {
      const Depth *depth = asked->depth + d;
      int64_t bits = (int64_t)((uint64_t)met >> depth->first) & depth->bits;
      if (!bits || !is_met(depth->which.bit, met) || !is_inside(pass, &depth->which, row, at)) continue;
      if (is_null(batch, 3, i)) continue;
      if (!keep_session(pass, d, row, places[i], sessions[i], bits)) return OUT_OF_MEMORY;
    }
  }
  return NULL;
}

API int64_t one_pass_version(void) { return VERSION; }

API void one_pass_close(Pass *pass) {
  if (!pass) return;
  for (int64_t k = 0; pass->kept && k < pass->asked.bursts + pass->asked.depths; k++) drop(pass->kept + k);
  free(pass->kept);
  free(pass->placed);
  free(pass->slot_at);
  free(pass->rows);
  free(pass);
}

/* Decide where in a row everything stands. */
static void lay_out(Pass *pass) {
  const Asked *asked = &pass->asked;
  int64_t number = sizeof(int64_t), count = sizeof(uint32_t), end = number;
  for (int64_t s = 0; s < asked->slots; s++)
    if (asked->slot[s].kind) pass->slot_at[s] = end, end += number;
  pass->anchors_at = end;
  end += number * asked->anchors;
  for (int64_t d = 0; d < asked->depths; d++) pass->open_at[d] = end, end += number * pass->kept[asked->bursts + d].width;
  for (int64_t s = 0; s < asked->slots; s++)
    if (!asked->slot[s].kind) pass->slot_at[s] = end, end += count;
  pass->results_at = end;
  end += count * (asked->bursts + asked->depths);
  pass->width = (end + LINE - 1) / LINE * LINE;
}

static void order_slots(Pass *pass) {
  const Asked *asked = &pass->asked;
  int64_t listed = 0;
  for (int64_t bit = 0; bit <= BITS; bit++) {
    pass->by_bit[bit] = listed;
    for (int64_t s = 0; s < asked->slots; s++)
      if (asked->slot[s].bit == (bit < BITS ? bit : -1)) {
        pass->placed[listed++] = (Placed){asked->slot[s], pass->slot_at[s]};
        if (bit < BITS) pass->slot_bits |= UINT64_C(1) << bit;
      }
  }
  pass->by_bit[BITS + 1] = listed;
}

/* Return a new pass, NULL where memory does not suffice. What is asked must stay where it is until the pass is closed. */
API Pass *one_pass_open(const Asked *asked) {
  Pass *pass = calloc(1, sizeof(Pass));
  if (!pass) return NULL;
  pass->asked = *asked;
  pass->kept = calloc((size_t)(asked->bursts + asked->depths) + 1, sizeof(Kept));
  pass->slot_at = calloc((size_t)(asked->slots + asked->depths) + 1, sizeof(int64_t));
  pass->placed = calloc((size_t)asked->slots + 1, sizeof(Placed));
  if (pass->kept && pass->slot_at && pass->placed) {
    for (int64_t k = 0; k < asked->bursts + asked->depths; k++)
      pass->kept[k].width = k < asked->bursts || asked->depth[k - asked->bursts].narrow ? 1 : 2;
    pass->open_at = pass->slot_at + asked->slots;
    lay_out(pass);
    order_slots(pass);
    pass->rows = aligned_alloc(LINE, LINE + (size_t)asked->places * (size_t)pass->width);
  }
  if (pass->rows) return pass;
  one_pass_close(pass);
  return NULL;
}

/* Make the rows of some places ready; all have to be before events are read, several may be at once. */
API void one_pass_clear(Pass *pass, int64_t first, int64_t end) {
  const Asked *asked = &pass->asked;
  for (int64_t p = first; p < end; p++) {
    char *row = row_of(pass, p);
    memset(row, 0, (size_t)pass->width);
    for (int64_t s = 0; s < asked->slots; s++)
      if (asked->slot[s].kind) *number_at(row, pass->slot_at[s]) = NONE;
    for (int64_t a = 0; a < asked->anchors; a++) *anchor_of(pass, row, a) = NONE;
  }
}

/* Each of these takes one batch, so that who calls can stop between two, and returns NULL or what is wrong. */

API const char *one_pass_anchors(Pass *pass, struct ArrowArrayStream *stream, int64_t *more) {
  return next_batch(pass, stream, 1 + pass->asked.anchors, take_anchors, more);
}

API const char *one_pass_events(Pass *pass, struct ArrowArrayStream *stream, int64_t *more) {
  return next_batch(pass, stream, pass->asked.depths ? 4 : 3, take_events, more);
}

/* Work out burst or depth number `k`, depths counted on from the bursts; several may be worked out at once. */
API const char *one_pass_finish(Pass *pass, int64_t k) {
  const Asked *asked = &pass->asked;
  int64_t is_burst = k < asked->bursts, width = pass->kept[k].width;
  for (int64_t p = 0; !is_burst && p < asked->places; p++)
    if (!close_session(pass, k - asked->bursts, row_of(pass, p), (int32_t)p)) return OUT_OF_MEMORY;
  int64_t *start = malloc(sizeof(int64_t) * (size_t)(asked->places + 2));
  int64_t *found = start ? by_place(pass->kept + k, asked->places, start) : NULL;
  for (int64_t p = 0; found && p < asked->places; p++) {
    int64_t *mine = found + start[p] * width, count = start[p + 1] - start[p];
    if (count < (is_burst ? asked->burst[k].at_least : 1)) continue;
    sort(mine, count, width);
    char *row = row_of(pass, p);
    int64_t grid = is_burst ? asked->burst[k].grid : -1, origin = grid < 0 ? NONE : *anchor_of(pass, row, grid);
    int64_t result = is_burst ? awards_of(asked->burst + k, mine, count, origin) : deepest(mine, count, width);
    *result_of(pass, row, k) = (uint32_t)result;
  }
  const char *wrong = found ? NULL : OUT_OF_MEMORY;
  free(found);
  free(start);
  return wrong;
}

/* The results as a stream: a row a place, its number first, then the columns in their order. */

typedef struct {
  Pass *pass;
  int64_t next;
} Results;

static int64_t columns_of(const Pass *pass) { return 2 + pass->asked.slots + pass->asked.bursts + pass->asked.depths; }

static void release_column(struct ArrowArray *array) {
  free((void *)array->buffers[1]);
  free(array->buffers);
  array->release = NULL;
}

static void release_chunk(struct ArrowArray *array) {
  for (int64_t i = 0; i < array->n_children; i++) {
    if (array->children[i]->release) array->children[i]->release(array->children[i]);
    free(array->children[i]);
  }
  free(array->children);
  free(array->buffers);
  array->release = NULL;
}

static int make_column(struct ArrowArray *array, int64_t count) {
  memset(array, 0, sizeof *array);
  array->length = count;
  array->n_buffers = 2;
  array->buffers = calloc(2, sizeof(void *));
  int64_t *values = malloc(sizeof(int64_t) * (size_t)count);
  if (!array->buffers || !values) {
    free(array->buffers);
    free(values);
    return 0;
  }
  array->buffers[1] = values;
  array->release = release_column;
  return 1;
}

static void fill_column(const struct ArrowArray *array, const Pass *pass, int64_t column, int64_t from, int64_t to, int64_t first) {
  int64_t *values = (int64_t *)array->buffers[1], s = column - 2, k = s - pass->asked.slots;
  int is_count = k >= 0 || (s >= 0 && pass->asked.slot[s].kind == 0);
  int64_t at = k >= 0 ? pass->results_at + k * (int64_t)sizeof(uint32_t) : s >= 0 ? pass->slot_at[s] : 0;
  for (int64_t i = from; i < to; i++) {
    char *row = row_of(pass, first + i);
    values[i] = !column ? first + i : is_count ? *count_at(row, at) : *number_at(row, at);
  }
}

static int next_chunk(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  Results *results = stream->private_data;
  Pass *pass = results->pass;
  int64_t count = pass->asked.places - results->next, columns = columns_of(pass);
  memset(out, 0, sizeof *out);
  if (count <= 0) return 0;
  if (count > CHUNK) count = CHUNK;
  out->length = count;
  out->n_buffers = 1;
  out->buffers = calloc(1, sizeof(void *));
  out->children = calloc((size_t)columns, sizeof(struct ArrowArray *));
  int made = out->buffers && out->children;
  for (int64_t c = 0; made && c < columns; c++) {
    struct ArrowArray *child = malloc(sizeof *child);
    made = child && make_column(child, count);
    if (made) out->children[out->n_children++] = child;
    else free(child);
  }
  for (int64_t from = 0; made && from < count; from += TILE)
    for (int64_t c = 0; c < columns; c++)
      fill_column(out->children[c], pass, c, from, from + TILE < count ? from + TILE : count, results->next);
  out->release = release_chunk;
  results->next += count;
  if (made) return 0;
  pass->wrong = OUT_OF_MEMORY;
  out->release(out);
  return 12; /* ENOMEM */
}

static void release_schema(struct ArrowSchema *schema) {
  for (int64_t i = 0; i < schema->n_children; i++) {
    if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
    free(schema->children[i]);
  }
  free(schema->children);
  free(schema->private_data);
  schema->release = NULL;
}

static int describe(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  const Pass *pass = ((Results *)stream->private_data)->pass;
  int64_t columns = columns_of(pass);
  memset(out, 0, sizeof *out);
  out->format = "+s";
  out->name = "";
  out->children = calloc((size_t)columns, sizeof(struct ArrowSchema *));
  out->release = release_schema;
  for (int64_t c = 0; out->children && c < columns; c++) {
    struct ArrowSchema *child = calloc(1, sizeof *child);
    char *name = malloc(24);
    if (!child || !name) {
      free(child);
      free(name);
      break;
    }
    int64_t number = c, digits = 1;
    for (int64_t n = c; n >= 10; n /= 10) digits++;
    name[0] = 'c';
    name[digits + 1] = 0;
    for (int64_t d = digits; d > 0; d--, number /= 10) name[d] = (char)('0' + number % 10);
    child->format = "l";
    child->name = child->private_data = name;
    child->release = release_schema;
    out->children[out->n_children++] = child;
  }
  if (out->n_children == columns) return 0;
  out->release(out);
  return 12; /* ENOMEM */
}

static const char *last_error(struct ArrowArrayStream *stream) { return ((Results *)stream->private_data)->pass->wrong; }

static void release_results(struct ArrowArrayStream *stream) {
  free(stream->private_data);
  stream->release = NULL;
}

/* Make a stream of the results; it reads them from the pass, which must stay open. */
API const char *one_pass_results(Pass *pass, struct ArrowArrayStream *stream) {
  Results *results = calloc(1, sizeof *results);
  if (!results) return OUT_OF_MEMORY;
  results->pass = pass;
  *stream = (struct ArrowArrayStream){describe, next_chunk, last_error, release_results, results};
  return NULL;
}

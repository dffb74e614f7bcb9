#include "ddnsgate/state/lmdb_page.h"

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define PAGE_SIZE_MIN 512
#define PAGE_SIZE_MAX 32768
#define MAGIC 0xbeefc0de
#define NO_PAGE SIZE_MAX

/* What LMDB writes, in the order of bytes, and with the lengths, of the
 * machine.
 */

enum { IS_BRANCH = 1, IS_LEAF = 2, IS_VALUE = 4, IS_META = 8 }; /* of a page */
enum { IS_BIG = 1, IS_TABLE = 2 }; /* of a node of a leaf */

struct tree {
	uint32_t page_size; /* in the first one of a head */
	uint16_t flags, depth;
	size_t pages[3], entries, root;
};

/* The places of the nodes come after it. */
struct page {
	size_t number;
	uint16_t padding, flags, lower, upper;
};

/* The two first pages begin so; the newer one counts. */
struct head {
	struct page page;
	uint32_t magic, version;
	size_t address, size;
	struct tree free, main;
	size_t last_page, state;
};

/* The key comes after it, then the value, or where that is. */
struct node {
	uint16_t low, high; /* the length of the value */
	uint16_t flags, key_len;
};

/* A file as it was when it was changed last. */
struct file {
	int fd;
	size_t page_size, last_page;
	struct tree free, main;
};

/* A page, and which one it is. */
struct loaded {
	const struct file *file;
	struct page head;
	char bytes[PAGE_SIZE_MAX];
};

/* Heads */

static bool
head_is_sound(const struct head *head, size_t size_max)
{
	uint32_t page_size = head->free.page_size;

	return head->page.flags == IS_META && head->magic == MAGIC &&
	       page_size >= PAGE_SIZE_MIN && page_size <= PAGE_SIZE_MAX &&
	       (page_size & (page_size - 1)) == 0 &&
	       head->last_page < size_max / page_size;
}

static bool
load_heads(int fd, size_t size_max, struct file *ret)
{
	struct head first, second;

	if (pread(fd, &first, sizeof(first), 0) != sizeof(first) ||
	    !head_is_sound(&first, size_max) ||
	    pread(fd, &second, sizeof(second), (off_t)first.free.page_size) !=
		sizeof(second) ||
	    !head_is_sound(&second, size_max) ||
	    first.free.page_size != second.free.page_size)
		return false;
	const struct head *newer =
	    second.state > first.state ? &second : &first;
	*ret = (struct file){.fd = fd,
	    .page_size = first.free.page_size,
	    .last_page = newer->last_page,
	    .free = newer->free,
	    .main = newer->main};
	return true;
}

bool
lmdb_page_heads_are_sound(int fd, size_t size_max)
{
	struct file file;

	return load_heads(fd, size_max, &file);
}

/* Pages */

static size_t
count_of(const struct loaded *page)
{
	return (page->head.lower - sizeof(page->head)) / sizeof(uint16_t);
}

static bool
is_branch(const struct loaded *page)
{
	return page->head.flags == IS_BRANCH;
}

static uint16_t
place_of(const struct loaded *page, size_t i)
{
	uint16_t place;

	memcpy(&place, page->bytes + sizeof(page->head) + i * sizeof(place),
	    sizeof(place));
	return place;
}

static struct node
node_of(const struct loaded *page, size_t i)
{
	struct node node;

	memcpy(&node, page->bytes + place_of(page, i), sizeof(node));
	return node;
}

static struct span
key_of(const struct loaded *page, size_t i)
{
	return (struct span){
	    page->bytes + place_of(page, i) + sizeof(struct node),
	    node_of(page, i).key_len};
}

static struct span
value_of(const struct loaded *page, size_t i)
{
	struct node node = node_of(page, i);
	struct span key = key_of(page, i);

	return (struct span){key.ptr + key.len,
	    node.flags & IS_BIG ? sizeof(size_t)
				: (size_t)node.high << 16 | node.low};
}

/* In a branch, the length and the flags of a node are the page's number. */
static size_t
child_of(const struct loaded *page, size_t i)
{
	struct node node = node_of(page, i);
	uint64_t number =
	    (uint64_t)node.flags << 32 | (uint64_t)node.high << 16 | node.low;

	return number <= page->file->last_page ? (size_t)number : NO_PAGE;
}

static bool
node_is_sound(const struct loaded *page, size_t i)
{
	size_t size = page->file->page_size;
	size_t place = place_of(page, i);

	if (place < page->head.upper || place + sizeof(struct node) > size)
		return false;
	size_t room = size - place - sizeof(struct node);
	size_t key_len = node_of(page, i).key_len;
	if (key_len > room)
		return false;
	if (is_branch(page))
		return child_of(page, i) != NO_PAGE;
	return node_of(page, i).flags <= (IS_BIG | IS_TABLE) &&
	       value_of(page, i).len <= room - key_len;
}

static bool
page_is_sound(const struct loaded *page, size_t number)
{
	const struct page *head = &page->head;

	if (head->number != number ||
	    (head->flags != IS_BRANCH && head->flags != IS_LEAF) ||
	    head->lower < sizeof(*head) || head->lower > head->upper ||
	    head->upper > page->file->page_size || count_of(page) == 0)
		return false;
	for (size_t i = 0; i < count_of(page); i++) {
		if (!node_is_sound(page, i))
			return false;
	}
	return true;
}

static bool
load(const struct file *file, size_t number, struct loaded *ret)
{
	ret->file = file;
	if (number > file->last_page ||
	    pread(file->fd, ret->bytes, file->page_size,
		(off_t)(number * file->page_size)) != (ssize_t)file->page_size)
		return false;
	memcpy(&ret->head, ret->bytes, sizeof(ret->head));
	return page_is_sound(ret, number);
}

/* The way to an entry */

static int
compare(struct span a, struct span b, bool is_numbered)
{
	size_t len = a.len < b.len ? a.len : b.len;
	uint32_t left, right;

	if (is_numbered && len >= sizeof(left)) {
		memcpy(&left, a.ptr, sizeof(left));
		memcpy(&right, b.ptr, sizeof(right));
		return (left > right) - (left < right);
	}
	int order = memcmp(a.ptr, b.ptr, len);
	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* The last node whose key is not behind this one; the first of a branch has
 * none. */
static size_t
find_node(const struct loaded *page, struct span key, bool is_numbered)
{
	size_t low = 0, high = count_of(page);

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (compare(key_of(page, middle), key, is_numbered) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Goes down to the leaf of a key.  When a page becomes too empty, LMDB changes
 * those beside it, too. */
static bool
find_leaf(const struct file *file, size_t root, struct span key,
    bool is_numbered, struct loaded *ret)
{
	struct loaded beside;
	size_t number = root;

	for (int depth = 0; depth < LMDB_PAGE_DEPTH_MAX; depth++) {
		if (!load(file, number, ret))
			return false;
		if (!is_branch(ret))
			return true;
		size_t i = find_node(ret, key, is_numbered);
		if ((i > 0 && !load(file, child_of(ret, i - 1), &beside)) ||
		    (i + 1 < count_of(ret) &&
			!load(file, child_of(ret, i + 1), &beside)))
			return false;
		number = child_of(ret, i);
	}
	return false;
}

/* The tree of a table, which the main one has under its name. */
static bool
find_table(const struct file *file, struct span table, struct tree *ret)
{
	struct loaded leaf;

	if (!find_leaf(file, file->main.root, table, false, &leaf))
		return false;
	size_t i = find_node(&leaf, table, false);
	struct span value = value_of(&leaf, i);
	if (!span_equal(key_of(&leaf, i), table) ||
	    node_of(&leaf, i).flags != IS_TABLE || value.len != sizeof(*ret))
		return false;
	memcpy(ret, value.ptr, sizeof(*ret));
	return true;
}

/* A value on pages of its own, as many as the first of them says. */
static bool
big_value_is_sound(const struct loaded *leaf, size_t i)
{
	const struct file *file = leaf->file;
	struct node node = node_of(leaf, i);
	size_t len = (size_t)node.high << 16 | node.low;
	struct page head;
	size_t number;

	memcpy(&number, value_of(leaf, i).ptr, sizeof(number));
	if (number > file->last_page ||
	    pread(file->fd, &head, sizeof(head),
		(off_t)(number * file->page_size)) != sizeof(head))
		return false;
	return head.number == number && head.flags == IS_VALUE &&
	       ((size_t)head.upper << 16 | head.lower) ==
		   (sizeof(head) + len - 1) / file->page_size + 1;
}

static bool
entry_is_sound(
    const struct file *file, size_t root, bool is_numbered, struct span key)
{
	struct loaded leaf;

	if (!find_leaf(file, root, key, is_numbered, &leaf))
		return false;
	size_t i = find_node(&leaf, key, is_numbered);
	return !(node_of(&leaf, i).flags & IS_BIG) ||
	       !span_equal(key_of(&leaf, i), key) ||
	       big_value_is_sound(&leaf, i);
}

bool
lmdb_page_entry_is_sound(
    int fd, struct span table, bool is_numbered, struct span key)
{
	struct file file;
	struct tree tree;

	return load_heads(fd, SIZE_MAX, &file) &&
	       find_table(&file, table, &tree) &&
	       (tree.root == NO_PAGE ||
		   entry_is_sound(&file, tree.root, is_numbered, key));
}

/* Free pages */

/* A list of numbers: how many, then each of them, the greatest first. */
static bool
list_is_sound(const struct file *file, struct span list)
{
	size_t count, number, before = file->last_page + 1;

	if (list.len < sizeof(count) || list.len % sizeof(count) != 0)
		return false;
	memcpy(&count, list.ptr, sizeof(count));
	if (count > list.len / sizeof(count) - 1)
		return false;
	for (size_t i = 1; i <= count; i++) {
		memcpy(&number, list.ptr + i * sizeof(number), sizeof(number));
		if (number < 2 || number >= before)
			return false;
		before = number;
	}
	return true;
}

static bool
free_leaf_is_sound(const struct loaded *leaf)
{
	for (size_t i = 0; i < count_of(leaf); i++) {
		if (key_of(leaf, i).len != sizeof(size_t) ||
		    (!(node_of(leaf, i).flags & IS_BIG) &&
			!list_is_sound(leaf->file, value_of(leaf, i))))
			return false;
	}
	return true;
}

/* So many pages at most, as damage may lead in circles. */
static bool
free_tree_is_sound(
    const struct file *file, size_t root, int depth, size_t *pages_left)
{
	struct loaded page;

	if (depth >= LMDB_PAGE_DEPTH_MAX || (*pages_left)-- == 0 ||
	    !load(file, root, &page))
		return false;
	if (!is_branch(&page))
		return free_leaf_is_sound(&page);
	for (size_t i = 0; i < count_of(&page); i++) {
		if (!free_tree_is_sound(
			file, child_of(&page, i), depth + 1, pages_left))
			return false;
	}
	return true;
}

bool
lmdb_page_free_is_sound(int fd)
{
	struct file file;

	if (!load_heads(fd, SIZE_MAX, &file))
		return false;
	size_t pages_left = file.last_page;
	return file.free.root == NO_PAGE ||
	       free_tree_is_sound(&file, file.free.root, 0, &pages_left);
}

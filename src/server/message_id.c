#include "ddnsgate/server/message_id.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "ddnsgate/base/secret.h"

static _Thread_local struct {
	size_t left;
	uint16_t ids[MESSAGE_ID_BLOCK];
} block;

static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static bool forks_are_noticed;

/* Only the thread that has called fork(2) lives on. */
static void
drop_block(void)
{
	secret_wipe(&block, sizeof(block));
}

static void
prepare(void)
{
	forks_are_noticed = pthread_atfork(NULL, NULL, drop_block) == 0;
}

static enum err
fill_block(void)
{
	enum err err = secret_random(block.ids, sizeof(block.ids));

	if (err == ERR_OK)
		block.left = MESSAGE_ID_BLOCK;
	return err;
}

enum err
message_id_next(uint16_t *ret)
{
	enum err err = ERR_OK;

	pthread_once(&prepared, prepare);
	if (!forks_are_noticed)
		return secret_random(ret, sizeof(*ret));
	if (block.left == 0)
		err = fill_block();
	if (err != ERR_OK)
		return err;
	*ret = block.ids[--block.left];
	block.ids[block.left] = 0;
	return ERR_OK;
}

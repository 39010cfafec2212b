/* auth/post.c - who has forgotten his password: a queue in memory, and the thread behind it.
 *
 * The answer is given before anybody looks whether there is such an account, so that neither what
 * it says nor how long it takes tells. A request that is lost when the server stops, or when more
 * than POST_WAITING_MAX wait, is asked once more by its owner. */
#include "auth/inner.h"

enum { POST_BYTES_MAX = 16 << 20, POST_TRIES = 3 };

void post_add(Auth *auth, Str user)
{
    Post *post = &auth->post;
    pthread_mutex_lock(&post->lock);
    if (post->count < POST_WAITING_MAX) {
        size_t at = (post->first + post->count++) % POST_WAITING_MAX;
        post->waiting[at].user = short_of(user);
        pthread_cond_signal(&post->ring);
    }
    pthread_mutex_unlock(&post->lock);
}

static bool take(Post *post, Forgotten *ret_forgotten)
{
    if (!post->count)
        return false;
    *ret_forgotten = post->waiting[post->first];
    post->first = (post->first + 1) % POST_WAITING_MAX;
    post->count--;
    return true;
}

static Status serve(Auth *auth, Ctx *cx, const Forgotten *forgotten)
{
    Account account;
    Str user, link;
    if (!user_fold(cx->arena, short_str(&forgotten->user), &user))
        return STATUS_OK;
    Status status = account_read(auth, cx, user, &account);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    if (account.public.blocked || !account.public.mail.len || !auth->options.post)
        return STATUS_OK;
    return link_send(auth, cx, &account, LINK_RESET, auth->self, &link);
}

Status auth_post_work(Auth *auth, Ctx *cx)
{
    Forgotten next;
    Status status = STATUS_OK;
    for (;;) {
        pthread_mutex_lock(&auth->post.lock);
        bool more = take(&auth->post, &next);
        pthread_mutex_unlock(&auth->post.lock);
        if (!more)
            return status;
        Status served = STATUS_UNAVAILABLE;
        for (int tries = 0; served != STATUS_OK && tries < POST_TRIES; tries++)
            served = serve(auth, cx, &next);
        status = served == STATUS_OK ? status : served;
    }
}

static void *post_loop(void *of)
{
    Auth *auth = of;
    Post *post = &auth->post;
    Arena *arena = arena_new(POST_BYTES_MAX, true);
    pthread_mutex_lock(&post->lock);
    while (arena && !post->stopping) {
        if (!post->count) {
            pthread_cond_wait(&post->ring, &post->lock);
            continue;
        }
        pthread_mutex_unlock(&post->lock);
        Ctx cx = {.arena = arena};
        UNUSED(auth_post_work(auth, &cx) == STATUS_OK); /* its owner asks once more */
        arena_clear(arena);
        pthread_mutex_lock(&post->lock);
    }
    pthread_mutex_unlock(&post->lock);
    if (arena)
        arena_free(arena);
    return NULL;
}

Status post_start(Auth *auth, Ctx *cx)
{
    if (!auth->options.background)
        return STATUS_OK;
    if (pthread_create(&auth->post.thread, NULL, post_loop, auth) != 0)
        return ctx_fail(cx, STATUS_UNAVAILABLE, STR_EMPTY, "No thread for mail.");
    auth->post.runs = true;
    return STATUS_OK;
}

void post_stop(Auth *auth)
{
    Post *post = &auth->post;
    if (!post->runs)
        return;
    pthread_mutex_lock(&post->lock);
    post->stopping = true;
    pthread_cond_signal(&post->ring);
    pthread_mutex_unlock(&post->lock);
    pthread_join(post->thread, NULL);
    post->runs = false;
}

// A PKCS #11 module with one token and one key that does what a test tells it: whatever stands in
// the file FAULTY_MODULE/does when it is asked to sign. It writes down each login and each end.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long ulong;
typedef struct { unsigned char major, minor; void *functions[68]; } list_t;

enum {
  OK = 0, DEVICE_REMOVED = 0x32, PIN_INCORRECT = 0xa0, FINAL_TRY = 0x20000, PIN = 0x400 | 0x8
};

static int is(const char *what) {
  char path[4096], text[32] = "";
  snprintf(path, sizeof path, "%s/does", getenv("FAULTY_MODULE"));
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  if (fgets(text, sizeof text, file) == NULL) text[0] = 0;
  fclose(file);
  return strcmp(text, what) == 0;
}

static void note(const char *what) {
  char path[4096];
  snprintf(path, sizeof path, "%s/done", getenv("FAULTY_MODULE"));
  FILE *file = fopen(path, "a");
  if (file == NULL) abort();
  fprintf(file, "%s %d\n", what, (int)getpid());
  fclose(file);
}

static void hang(void) {
  note("hangs");
  for (;;) pause();
}

static ulong initialize(void *args) { (void)args; return OK; }
static ulong finalize(void *reserved) { (void)reserved; note("ended"); return OK; }
static ulong slots(unsigned char present, ulong *list, ulong *count) {
  (void)present;
  *count = is("no token") ? 0 : 1;
  list[0] = 7;
  return OK;
}
static ulong token_info(ulong slot, unsigned char *info) {
  (void)slot;
  ulong flags = is("final try") ? PIN | FINAL_TRY : PIN;
  memset(info, ' ', 96);
  memcpy(info, "faulty", 6);
  memcpy(info + 96, &flags, sizeof flags);
  return OK;
}
static ulong open_session(ulong slot, ulong flags, void *app, void *notify, ulong *session) {
  (void)slot, (void)flags, (void)app, (void)notify;
  *session = 1;
  return OK;
}
static ulong login(ulong session, ulong user, const char *pin, ulong length) {
  (void)session, (void)user;
  note("login");
  if (is("hang at login")) hang();
  return length == 4 && memcmp(pin, "1234", 4) == 0 ? OK : PIN_INCORRECT;
}
static ulong attribute(ulong session, ulong key, ulong *asked, ulong count) {
  (void)session, (void)key, (void)count;
  const ulong ec = 3;
  if (asked[0] == 0x100) return memcpy((void *)asked[1], &ec, sizeof ec), OK;
  memcpy((void *)asked[1], "\x06\x05\x2b\x81\x04\x00\x0a", 7);
  asked[2] = 7;
  return OK;
}
static ulong find_init(ulong session, void *asked, ulong count) {
  (void)session, (void)asked, (void)count;
  return OK;
}
static ulong find(ulong session, ulong *list, ulong max, ulong *count) {
  (void)session, (void)max;
  list[0] = 5;
  *count = 1;
  return OK;
}
static ulong find_final(ulong session) { (void)session; return OK; }
static ulong sign_init(ulong session, void *mechanism, ulong key) {
  (void)session, (void)mechanism, (void)key;
  return OK;
}
static ulong sign(ulong session, void *data, ulong length, void *signature, ulong *written) {
  (void)session, (void)data, (void)length;
  note("sign");
  if (is("hang")) hang();
  if (is("crash")) raise(SIGSEGV);
  if (is("short")) return *written = 63, OK;
  if (is("removed")) return DEVICE_REMOVED;
  static int signatures = 0;
  if (is("expired") && signatures > 0) return DEVICE_REMOVED;
  signatures += 1;
  memset(signature, 1, 64);
  *written = 64;
  return OK;
}

ulong C_GetFunctionList(list_t **list) {
  static list_t functions = {2, 40, {0}};
  void **at = functions.functions;
  at[0] = initialize, at[1] = finalize, at[4] = slots, at[6] = token_info, at[12] = open_session;
  at[18] = login, at[24] = attribute, at[26] = find_init, at[27] = find, at[28] = find_final;
  at[42] = sign_init, at[43] = sign;
  *list = &functions;
  return OK;
}

/* FOR_EACH_MACHINE("avx2"): a function is compiled for such processors as well as for all, and the
   right one is called, where the compiler can do that. */

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__)
#define FOR_EACH_MACHINE(...) __attribute__((target_clones(__VA_ARGS__, "default")))
#else
#define FOR_EACH_MACHINE(...)
#endif

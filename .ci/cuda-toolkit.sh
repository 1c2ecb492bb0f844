#!/bin/sh
# Assembles the part of the CUDA 13.0 toolkit that `cargo build --features cuda` needs, from the
# wheels that NVIDIA publishes for Python: no root, no driver, no GPU. x86-64 Linux only.
#
#   .ci/cuda-toolkit.sh FOLDER [lazy|check]
#   . FOLDER/env.sh && cargo build --release --features cuda
#
# lazy   (default) 104 MB are fetched. The program is linked to stubs that open libcuda, libcublas
#        and libcurand at the first call: it starts anywhere, and where one of them is missing the
#        call returns an error. Candle itself asks the linker for the libraries, and a program that
#        is linked so does not even start without a driver.
# check  nothing is fetched: a stand-in for nvcc writes empty kernels. Enough for `cargo check` and
#        `cargo clippy`, not for a program.
#
# Needs python3 with pip, unzip, gcc and g++ (up to 15), and `cargo fetch` before it: the names of
# the stubs' functions are read from cudarc's source.
#
# 13.0, because its PTX is the newest that driver 580 reads. 8.0 as the compute capability, because
# every later card compiles PTX of 8.0 for itself; 9.0 would be 9.0a, which runs on no other card.
set -eu

folder=${1:?usage: cuda-toolkit.sh FOLDER [lazy|check]}
mode=${2:-lazy}
mkdir -p "$folder/bin" "$folder/float"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# env.sh NVCC CAPABILITY
env_file() {
    cat >"$folder/env.sh" <<S
export CUDA_HOME="$folder" NVCC="$1" CUDARC_CUDA_VERSION=13000
export CUDA_COMPUTE_CAP=$2 CUDAFORGE_THREADS="\${CUDAFORGE_THREADS:-2}"
S
}

# --- check ---------------------------------------------------------------------------------------
if [ "$mode" = check ]; then
    cat >"$folder/bin/nvcc-check" <<'S'
#!/bin/sh
# No compiler: leaves an empty file where nvcc would leave its output.
while [ $# -gt 0 ]; do
    case $1 in
    -o) : >"$2" && shift ;;
    --output-directory) folder=$2 && shift ;;
    *.cu) [ -z "${folder-}" ] || : >"$folder/$(basename "$1" .cu).ptx" ;;
    esac
    shift
done
S
    chmod +x "$folder/bin/nvcc-check"
    # Another capability than that of real kernels: the build keeps kernels by it, and would take
    # the empty ones for them.
    env_file "$folder/bin/nvcc-check" 50
    exit
fi
[ "$mode" = lazy ] || { echo "cuda-toolkit.sh: $mode is neither lazy nor check" >&2 && exit 2; }

# --- the compiler and its headers ----------------------------------------------------------------
if [ ! -x "$folder/bin/nvcc" ]; then
    cat >"$work/wheels.txt" <<'S'
nvidia-cuda-nvcc==13.0.88 --hash=sha256:56fe502eb77625a12f25172caa3cdddb4e4c8ba2c8c17dba44b164761b380f03
nvidia-nvvm==13.0.88 --hash=sha256:c5f41ffeb6466944a026dfa5317d7d85355c119bbec279205d22f1869d1054e0
nvidia-cuda-crt==13.0.88 --hash=sha256:2c8043c7c9e02492716426e9919fc78d2c5b3b2a7a768a88e952676b08aa55a4
nvidia-cuda-runtime==13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cccl==13.0.85 --hash=sha256:e0da7ad981f3a8aff08241b5bfc1af868742a63e2762f53a5171c492ef242649
S
    python3 -m pip download --quiet --no-deps --only-binary=:all: --require-hashes \
        --disable-pip-version-check --platform manylinux_2_17_x86_64 \
        --platform manylinux2014_x86_64 --platform manylinux_2_12_x86_64 \
        --platform manylinux2010_x86_64 --dest "$work" --requirement "$work/wheels.txt"
    for wheel in "$work"/*.whl; do unzip -q -o "$wheel" 'nvidia/cu13/*' -d "$work"; done
    rm -rf "$work/nvidia/cu13/lib/cmake" "$work/nvidia/cu13/lib/libnvvm.so.4"
    cp -r "$work/nvidia/cu13/." "$folder"
    chmod -R u+x "$folder/bin" "$folder/nvvm/bin"
    ln -sfn lib "$folder/lib64"
fi

# Candle's kernels for quantised tensors take most of nvcc's time, and `retrain` has no such
# tensors: they become functions that abort. The float kernels go through --ptx; the quantised ones
# are compiled to objects (-c) and archived (--lib), in the folder whose src/ffi.rs names them.
cat >"$folder/float/nvcc" <<'S'
#!/bin/sh
for word; do
    [ -z "${output_is_next-}" ] || output=$word
    output_is_next=
    case $word in
    -o) output_is_next=1 ;;
    -c) step=object ;;
    --lib) step=archive ;;
    esac
done
case ${step-} in
object) : >"$output" ;;
archive)
    {
        echo '#include <stdio.h>'
        echo '#include <stdlib.h>'
        sed -n 's/.*pub fn \([a-z0-9_A-Z]*\)(.*/\1/p' src/ffi.rs | while read -r name; do
            echo "void $name(void) { puts(\"$name: not built in\"); abort(); }"
        done
    } >"$output.c"
    gcc -O1 -fPIC -c -o "$output.o" "$output.c"
    rm -f "$output"
    ar rcs "$output" "$output.o"
    ;;
*) exec "$(dirname "$0")/../bin/nvcc" "$@" ;;
esac
S
chmod +x "$folder/float/nvcc"

# --- the stubs -----------------------------------------------------------------------------------
cudarc=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/src" -maxdepth 2 -name 'cudarc-0.19.*' |
    sort -V | tail -1)
[ -n "$cudarc" ] || { echo "cuda-toolkit.sh: run 'cargo fetch' first" >&2 && exit 1; }
rm -rf "$folder/lib/stubs"
mkdir -p "$folder/lib/stubs"

# The part of a stub that is the same for all libraries; before it stand the library's NAME, FILE,
# status MISSING, COUNT of functions, their `names`, and for each function code that jumps to its
# slot, or with its number in r11 to the code below, which fills the slot first.
cat >"$work/stub.c" <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#define JOIN3(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN3(a, b, c)
#define OWN(part) JOIN(lazy_, NAME, part)
#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)
__attribute__((visibility("hidden"))) void *OWN(_slots)[COUNT];

static int missing(void) { return MISSING; }
static int no_driver(int status, const char **text) {
    (void)status;
    *text = FILE_NAME " could not be opened, is there an NVIDIA driver?";
    return 0;
}

__attribute__((visibility("hidden"), used)) void *OWN(_resolve)(size_t number) {
    static void *library;
    static int tried;
    if (!__atomic_load_n(&tried, __ATOMIC_ACQUIRE)) { /* twice, from two threads, does no harm */
        library = dlopen(FILE_NAME, RTLD_NOW | RTLD_GLOBAL);
        __atomic_store_n(&tried, 1, __ATOMIC_RELEASE);
    }
    void *found = library ? dlsym(library, names[number]) : NULL;
    if (!found)
        found = strncmp(names[number], "cuGetError", 10) ? (void *)missing : (void *)no_driver;
    return OWN(_slots)[number] = found;
}

/* The arguments survive, and the call goes on as if nothing had been between. */
__asm__(".text\n" TEXT(OWN(_enter)) ":\n"
    "pushq %rbp\nmovq %rsp, %rbp\n"
    "pushq %rdi\npushq %rsi\npushq %rdx\npushq %rcx\npushq %r8\npushq %r9\n"
    "subq $64, %rsp\n"
    "movsd %xmm0, (%rsp)\nmovsd %xmm1, 8(%rsp)\nmovsd %xmm2, 16(%rsp)\nmovsd %xmm3, 24(%rsp)\n"
    "movsd %xmm4, 32(%rsp)\nmovsd %xmm5, 40(%rsp)\nmovsd %xmm6, 48(%rsp)\nmovsd %xmm7, 56(%rsp)\n"
    "movq %r11, %rdi\ncall " TEXT(OWN(_resolve)) "\nmovq %rax, %r11\n"
    "movsd (%rsp), %xmm0\nmovsd 8(%rsp), %xmm1\nmovsd 16(%rsp), %xmm2\nmovsd 24(%rsp), %xmm3\n"
    "movsd 32(%rsp), %xmm4\nmovsd 40(%rsp), %xmm5\nmovsd 48(%rsp), %xmm6\nmovsd 56(%rsp), %xmm7\n"
    "addq $64, %rsp\n"
    "popq %r9\npopq %r8\npopq %rcx\npopq %rdx\npopq %rsi\npopq %rdi\npopq %rbp\njmp *%r11\n");
C

# Name for the linker, file to open, status when it is missing, module of cudarc that names its
# functions.
while read -r name file missing module; do
    grep -ohE 'fn (cu|cublas|curand|nvrtc)[A-Z][A-Za-z0-9_]*\(' "$cudarc/src/$module/sys/mod.rs" |
        sed 's/^fn //; s/($//' | sort -u >"$work/names"
    {
        echo "#define NAME $name"
        echo "#define FILE_NAME \"$file\""
        echo "#define MISSING $missing"
        awk -v lib="$name" '
            { names = names sprintf("\"%s\", ", $1)
              code = code sprintf("\".section .text.%s,\\\"ax\\\",@progbits\\n.globl %s\\n" \
                  ".type %s,@function\\n%s:\\n\"\n", $1, $1, $1, $1)
              code = code sprintf("\"movq lazy_%s_slots+%d(%%rip), %%r11\\n" \
                  "testq %%r11, %%r11\\nje 1f\\njmp *%%r11\\n\"\n", lib, 8 * (NR - 1))
              code = code sprintf("\"1: movl $%d, %%r11d\\njmp lazy_%s_enter\\n" \
                  ".size %s,.-%s\\n\"\n", NR - 1, lib, $1, $1) }
            END { printf "#define COUNT %d\n", NR
                  printf "static const char *const names[] = {%s};\n", names
                  printf "__asm__(%s\".text\\n\");\n", code }
        ' "$work/names"
        cat "$work/stub.c"
    } >"$work/$name.c"
    gcc -O1 -fPIC -c -o "$work/$name.o" "$work/$name.c"
    ar rcs "$folder/lib/stubs/lib$name.a" "$work/$name.o"
done <<'L'
cuda libcuda.so.1 100 driver
cublas libcublas.so.13 1 cublas
cublasLt libcublasLt.so.13 1 cublaslt
curand libcurand.so.10 203 curand
nvrtc libnvrtc.so.13 11 nvrtc
L
# For the quantised kernels the linker is told of libcudart as well.
ln -sf ../libcudart_static.a "$folder/lib/stubs/libcudart.a"
env_file "$folder/float/nvcc" 80

"$folder/bin/nvcc" --version | sed -n 4p

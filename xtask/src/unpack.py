"""Usage: unpack.py FOLDER TORCH_WHEEL [CUDA_WHEEL ...]

Makes a CPU libtorch from PyTorch's wheel: headers, libraries and licences, without what only Python or a GPU needs.
libtorch_cpu of the Linux wheel links to two small CUDA libraries, which are taken from their own wheels.
"""

import pathlib
import shutil
import sys
import zipfile

LEFT_OUT = ("libtorch_cuda", "libc10_cuda", "libtorch_nvshmem", "libtorch_python", "libtorch_global_deps",
            "libcaffe2_nvrtc", "libshm", "torch_python", "shm.")
CUDA_LIBRARIES = ("libcudart.so.13", "libcupti.so.13")


def copy(wheel, name, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    with wheel.open(name) as source, open(target, "wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)


def unpack_torch(path, folder):
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            if name.endswith("/"):
                continue
            parts = pathlib.PurePosixPath(name).parts
            if parts[:2] == ("torch", "include"):
                copy(wheel, name, folder.joinpath(*parts[1:]))
            elif name == "torch/lib/libtorch.so":
                # It links to libtorch_cuda, which is left out, and contains nothing that libtorch_cpu lacks.
                folder.joinpath("lib").mkdir(parents=True, exist_ok=True)
                folder.joinpath("lib", "libtorch.so").symlink_to("libtorch_cpu.so")
            elif parts[:2] == ("torch", "lib") and not parts[2].startswith(LEFT_OUT):
                copy(wheel, name, folder.joinpath(*parts[1:]))
            elif "licenses" in parts and len(parts) == 3:
                copy(wheel, name, folder / parts[-1])


def unpack_cuda(path, folder):
    with zipfile.ZipFile(path) as wheel:
        for name in wheel.namelist():
            base = pathlib.PurePosixPath(name).name
            if base in CUDA_LIBRARIES:
                copy(wheel, name, folder / "lib" / base)


folder = pathlib.Path(sys.argv[1])
unpack_torch(sys.argv[2], folder)
for path in sys.argv[3:]:
    unpack_cuda(path, folder)

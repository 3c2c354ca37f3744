"""What a matrix with a slip in it is told, and what a sound one becomes. Run by ci/check-launchers.sh."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent

SOUND = """
image = "registry.example/wattmark:1"

[[machine]]
name = "box"
launcher = "slurm"
labels = ["partition=gpu", "exclusive"]
devices = ["cpu", "wgpu:0"]
suites = ["quick", "small.toml"]
minutes = 5
"""


def matrix(text, *arguments):
    """Runs the script on a matrix; returns exit code, standard output and error."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "matrix.toml")
        path.write_text(text)
        pathlib.Path(folder, "small.toml").write_text("")
        done = subprocess.run([sys.executable, HERE / "matrix.py", *arguments], env=os.environ | {"MATRIX": str(path)},
                              capture_output=True, text=True)
        return done.returncode, done.stdout.replace(str(path.parent.resolve()), "DIR"), done.stderr


class Slips(unittest.TestCase):
    def told(self, old, new, *words):
        self.assertIn(old, SOUND)
        code, _, error = matrix(SOUND.replace(old, new), "check")
        self.assertEqual(code, 1, error)
        self.assertNotIn("Traceback", error)
        for word in words:
            self.assertIn(word, error)

    def test_each_slip_is_named_with_what_was_meant(self):
        self.told("launcher =", "lancher =", "machine 1 (`box`)", "unknown key `lancher`", "did you mean `launcher`", "lacks `launcher`")
        self.told('"slurm"', '"slrm"', "unknown launcher `slrm`", "`slurm`")
        self.told('"quick"', '"quik"', "unknown suite `quik`", "`quick`")
        self.told('"cpu"', '"cup"', "unknown device `cup`", "`cpu`")
        self.told('"wgpu:0"', '"wgpu:x"', "unknown device `wgpu:x`")
        self.told("small.toml", "absent.toml", "there is no suite file")
        self.told("minutes = 5", 'minutes = "5"', "`minutes` must be a int")
        self.told("minutes = 5", "minutes = true", "`minutes` must be a int")
        self.told("minutes = 5", "minutes = 0", "0 minutes")
        self.told('"exclusive"', '"x; rm -rf /"', "is no label of slurm")
        self.told('name = "box"', 'name = "../box"', "the name must be")
        self.told('["cpu", "wgpu:0"]', "[]", "`devices` must be a list")
        self.told('["cpu", "wgpu:0"]', '["cpu", "cpu"]', "stands twice")
        self.told("minutes = 5", 'minutes = 5\nresource = "nvidia.com/gpu=1"', "`resource` is for kubernetes")
        self.told("[[machine]]", "[[machines]]", "unknown key `machines`", "`machine`")
        self.told("minutes = 5", "minutes = ", "no TOML", "line")
        self.told(SOUND, SOUND + SOUND.split("\n", 3)[3], "two machines are called `box`")

    def test_a_kubernetes_machine_needs_an_image(self):
        text = SOUND.replace('"slurm"', '"kubernetes"').replace('"partition=gpu", "exclusive"', '"a=b"').replace(', "small.toml"', "")
        self.assertEqual(matrix(text, "check")[0], 0)
        self.assertIn("needs an `image`", matrix(text.replace("image =", "# image ="), "check")[2])


class Sound(unittest.TestCase):
    def test_every_device_meets_every_suite(self):
        code, out, _ = matrix(SOUND, "slurm")
        self.assertEqual(code, 0)
        self.assertEqual(out, "box\t5\t--partition=gpu --exclusive\tcpu/quick cpu/DIR/small.toml wgpu:0/quick wgpu:0/DIR/small.toml\n")

    def test_an_unknown_machine_is_named(self):
        code, _, error = matrix(SOUND, "slurm", "bx")
        self.assertEqual(code, 1)
        self.assertIn("no Slurm machine `bx`; did you mean `box`?", error)


if __name__ == "__main__":
    unittest.main()

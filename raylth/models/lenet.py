"""The two LeNets of the pruning literature, without BatchNorm; their sizes are fixed, so they take no width."""

from torch import nn

from raylth.models.classifier import Classifier


def lenet300100(image: tuple[int, int, int], classes: int) -> Classifier:
    """Fully connected with 300 and 100 hidden units (LeCun et al. 1998, section III.C); each is one block."""
    channels, height, width = image
    blocks = [_dense(channels * height * width, 300), _dense(300, 100)]
    return Classifier(nn.Flatten(), blocks, nn.Linear(100, classes))


def lenet5(image: tuple[int, int, int], classes: int) -> Classifier:
    """LeNet-5 as Caffe's MNIST example has it and as the pruning literature uses it (Han et al. 2015).

    Two unpadded 5x5 convolutions with 20 and 50 channels, each halved by max-pooling, and 500 hidden units: three
    blocks. Each block ends in a ReLU, whereas Caffe's example has one after the hidden units alone.
    """
    channels, height, width = image
    convolutions = [_convolution(channels, 20), _convolution(20, 50)]
    flat = 50 * _side(_side(height)) * _side(_side(width))
    dense = nn.Sequential(nn.Flatten(), *_dense(flat, 500))
    return Classifier(nn.Identity(), [*convolutions, dense], nn.Linear(500, classes))


def _dense(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(before, after), nn.ReLU(inplace=True))


def _convolution(before: int, after: int) -> nn.Sequential:
    # Pooling first gives the same result as ReLU first, on a quarter of the numbers.
    return nn.Sequential(nn.Conv2d(before, after, 5), nn.MaxPool2d(2), nn.ReLU(inplace=True))


def _side(pixels: int) -> int:
    return (pixels - 4) // 2

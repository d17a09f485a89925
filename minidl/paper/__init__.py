"""The paper's experiment: its setting, its tables and figures, and the same in PyTorch."""

from .experiment import FRAMEWORKS, Result, run
from .figures import figure1, figure2
from .results import FIGURE2, TABLE3, format_table, paper_epochs, table
from .setting import Setting, paper_network
from .twin import fit_torch, torch_twin

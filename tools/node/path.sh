# Puts the Node that setup fetched first in PATH, where there is one. To be sourced
# from the top of the tree.
if [ -e build/node/.complete ]; then
    for node_folder in build/node/node_modules/node-linux-*/bin; do
        PATH=$PWD/$node_folder:$PATH
    done
    unset node_folder
    export PATH
fi
